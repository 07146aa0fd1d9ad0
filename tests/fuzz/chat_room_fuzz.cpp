// The room and the desk, whatever comes from whom: nobody whose address is not proved gets more than he sent,
// and what members get is printable. The input: records of a byte for the sender, one for the time that
// passes, one for the size, and so many bytes; of the first byte some bits put the sender's valid code in
// front.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "socketserver/service/chat_desk.hpp"
#include "socketserver/service/chat_partner.hpp"
#include "socketserver/service/chat_room.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/text.hpp"

using namespace socketserver;

namespace {

constexpr char kSecret[] = "secret";

void require(bool right) {
  if (!right) std::abort();
}

void check(const ChatRoom& room, const ChatActions& actions, const Address& from, bool was_proved,
           std::size_t size) {
  std::size_t to_stranger = 0;
  for (const ChatDelivery& each : actions.send) {
    require(each.text.size() <= 65'507);
    const std::string_view text = without_line_end(each.text);
    require(printable(text, text.size() + 1) == text);
    for (const Address& to : *each.to) {
      if (to == from && !was_proved) to_stranger += each.text.size();
      require(to == from || room.is_member(to));
    }
  }
  require(was_proved || to_stranger <= size);
  require(room.size() <= 4);
}

// Of both families, and port 0, which cannot be answered, among them.
const Address& address_of(std::uint8_t byte) {
  static const auto all = [] {
    std::array<Address, 16> made;
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] = Address(i % 2 == 0 ? "127.0.0.1" : "::1", static_cast<int>(i / 2));
    return made;
  }();
  return all[byte % all.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ChatRoomSettings settings;
  settings.max_members = 4;
  settings.max_members_per_source = 3;
  ChatRoom room(settings, kSecret);
  ChatDesk desk(ChatDesk::Early::kKeep);
  ChatPartner partner("anna"), nameless;
  const ChatProof proof(kSecret);
  Clock::time_point now{std::chrono::hours(1000)};
  while (size >= 3) {
    const Address from = address_of(data[0]);
    const bool put_code = data[0] >= 192;
    now += std::chrono::seconds(data[1] < 128 ? data[1] / 8 : data[1] * 16);
    const std::size_t length = std::min<std::size_t>(data[2] * 8u, size - 3);
    std::string text(reinterpret_cast<const char*>(data + 3), length);
    data += 3 + length;
    size -= 3 + length;
    if (put_code) text.insert(0, proof.code(from, now) + " ");
    // Those who leave in this moment were members, too.
    const ChatActions before = room.tick(now);
    // A fuzzer sees what the code is compared with, and has found it.
    const bool proved = room.is_member(from) || proof.valid(text.substr(0, ChatProof::kSize), from, now);
    check(room, before, from, true, 0);
    check(room, room.hear(from, text, now), from, proved, text.size());
    if (from.port() == 7) room.type(text, now);
    if (text.find('.') == text.npos && text.find("@") == text.npos) desk.type(text, now);
    desk.hear(from, text, now);
    for (ChatPartner* one : {&partner, &nameless}) {
      one->hear(text, now);
      if (one->wants_lines()) one->say(text, now);
      one->tick(now);
      require(one->pending().size() <= ChatOutbox::kMost);
    }
  }
  return 0;
}
