// Datagrams, some in flight on each socket.
#pragma once

#include <memory>
#include <vector>

#include "load/dialer.hpp"
#include "load/load.hpp"
#include "load/pattern.hpp"
#include "socketserver/net/datagram_batch.hpp"

namespace socketserver::apps {

/// Each socket keeps `window` datagrams in flight; one that comes back makes room for the next. What does not
/// come back within the timeout is lost. A datagram begins with the number of its place in the window and
/// its own, so that late ones are told apart.
class DatagramLoad : public Load {
 public:
  static constexpr std::size_t kLeastSize = 8;  ///< of a datagram: both numbers

  /// REQUIRES: settings.size >= kLeastSize.
  explicit DatagramLoad(LoadSettings settings);

 private:
  struct Head {
    std::uint32_t place, number;
  };
  struct Place {
    std::uint32_t number = 0;
    Time began;
  };
  struct Window {
    Fd fd;
    bool segments = false;  // the kernel cuts what is sent into datagrams
    std::vector<Place> places;
    std::vector<std::uint32_t> unsent;  // places
    std::uint64_t answered = 0;
  };

  void begin() override;
  void ready(std::size_t index, short events) override;
  void tick() override;
  void finish() override;

  void dial(std::size_t index);
  std::string_view body(const Head& head) const;
  void renew(Window& window, std::uint32_t place);
  void receive(Window& window);
  void take(Window& window, const Datagram& datagram);
  void flush(Window& window);
  std::size_t send(Window& window, std::size_t most);

  Pattern pattern_;
  Dialer dialer_;
  DatagramBatch batch_;
  std::vector<char> outgoing_;
  std::vector<Window> windows_;
};

}  // namespace socketserver::apps
