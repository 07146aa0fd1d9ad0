// The requests that a server's threads are about.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "socketserver/server/request.hpp"

namespace socketserver {

/// Knows the requests in progress, so that they can be ended from outside, and looks after their long
/// timeouts of receiving (net/wait_watch.hpp) with one thread for all. Any thread may call.
class ActiveRequests {
 public:
  /// How often timeouts are looked at: often enough for one of 10 s, and seldom enough to cost nothing with
  /// 10,000 connections.
  static constexpr std::chrono::seconds kTick{1};

  explicit ActiveRequests(std::chrono::nanoseconds tick = kTick) { clock_.tick = tick; }
  ActiveRequests(const ActiveRequests&) = delete;
  ActiveRequests& operator=(const ActiveRequests&) = delete;
  /// REQUIRES: there is none.
  ~ActiveRequests();

  /// `request` is one of them for as long as its entry lives, and longer than that.
  class Entry {
   public:
    Entry(ActiveRequests& all, Request& request, const Deadlines& deadlines);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class ActiveRequests;
    ActiveRequests& all_;
    Request& request_;
    Entry* next_ = nullptr;
    Entry** link_ = nullptr;  // what points to this one
  };

  /// Interrupts the connection of each; returns how many there are.
  std::size_t interrupt_all();
  /// Asks each to end (Request::ask_to_end()).
  void ask_to_end();
  /// Ends the thread that looks after timeouts, which otherwise goes when it has had nothing to do for a
  /// tick.
  void end_watcher();

 private:
  bool have_watcher_locked();
  void look_after_waits();

  std::mutex mutex_;  // guards all below
  Entry* first_ = nullptr;
  std::thread watcher_;
  bool watching_ = false;  // watcher_ has not ended
  bool end_watcher_ = false;
  std::condition_variable watcher_wakes_;
  WatchClock clock_;  // advanced by watcher_
};

}  // namespace socketserver
