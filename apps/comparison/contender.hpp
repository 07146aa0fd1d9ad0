// The servers that are compared.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "common/models.hpp"
#include "comparison/worker_tally.hpp"

namespace socketserver::apps {

/// An echo server under one concurrency model.
struct Contender {
  std::string name;
  /// Its number in chapter 30 of Stevens' UNIX Network Programming (2nd edition: "client/server design
  /// alternatives"); empty where the book has no such thing.
  std::string design;
  std::string what;  ///< in a few words
  Model::Room room;
  /// Prints where it listens, counts each connection, and serves until SIGTERM.
  std::function<int(WorkerTally&)> serve;
};

/// Every model of models(), and those of the nine designs that the library leaves to books, with `workers`
/// workers each: in the order of the designs, and then what the book does not have.
std::vector<Contender> contenders(std::size_t workers);

}  // namespace socketserver::apps
