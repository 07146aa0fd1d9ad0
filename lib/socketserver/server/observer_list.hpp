// Several observers of one server.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "socketserver/server/observer.hpp"

namespace socketserver {

/// Owns observers, and tells each of them. add() before it serves.
class ObserverList final : public Observer {
 public:
  void add(std::unique_ptr<Observer> observer) { all_.push_back(std::move(observer)); }
  bool empty() const noexcept { return all_.empty(); }

  void on_change(const ConnectionEvent& event) noexcept override {
    for (const auto& each : all_) each->on_change(event);
  }
  void on_turn() noexcept override {
    for (const auto& each : all_) each->on_turn();
  }
  void on_fork() noexcept override {
    for (const auto& each : all_) each->on_fork();
  }
  void on_child_end() noexcept override {
    for (const auto& each : all_) each->on_child_end();
  }

 private:
  std::vector<std::unique_ptr<Observer>> all_;
};

}  // namespace socketserver
