// Names of people in a room.
#pragma once

#include <cstddef>
#include <string_view>

namespace socketserver {

/// Can it be told from what the room says and from another name: 1 to 32 bytes of UTF-8, none of them white
/// space, ':', ',' or a control character, nothing that is not seen or that turns the direction of writing,
/// and no '*', '/' or '@' in front.
bool is_chat_name(std::string_view name) noexcept;

}  // namespace socketserver
