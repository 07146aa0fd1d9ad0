#include "socketserver/json/json.hpp"

#include <algorithm>

namespace socketserver {
namespace {

using Type = Json::Type;

constexpr const char* kNames[]{"null",     "a boolean", "an integer", "a double",
                               "a string", "an array",  "an object"};

const char* name_of(Type type) noexcept { return kNames[static_cast<std::size_t>(type)]; }

// The key under which a value was found, if it was: only then has the message a name for it.
using Key = std::optional<std::string_view>;

void expect(bool fits, const Json& value, Type wanted, Key key) {
  if (fits) return;
  throw JsonError((key ? json_quoted(*key) : "the value") + " is " + name_of(value.type()) + ", not " +
                  name_of(wanted));
}

auto position(auto& members, std::string_view key) {
  return std::ranges::find(members, key, &Json::Object::value_type::first);
}

}  // namespace

Json Json::array(std::initializer_list<Json> elements) { return Json(Array(elements)); }

Json Json::object(std::initializer_list<std::pair<std::string, Json>> members) {
  Json result{Object()};
  for (const auto& [key, value] : members) result.set(key, value);
  return result;
}

template <class T>
const T& Json::as(Type wanted, Key key) const {
  expect(type() == wanted, *this, wanted, key);
  return *std::get_if<T>(&value_);
}

bool Json::as_bool() const { return as<bool>(Type::kBool); }
std::int64_t Json::as_int() const { return as<std::int64_t>(Type::kInteger); }
const std::string& Json::as_string() const { return as<std::string>(Type::kString); }
const Json::Array& Json::as_array() const { return as<Array>(Type::kArray); }
const Json::Object& Json::as_object() const { return as<Object>(Type::kObject); }

double Json::as_double(Key key) const {
  if (is_integer()) return static_cast<double>(as_int());
  return as<double>(Type::kDouble, key);
}

const Json* Json::find(std::string_view key) const {
  const Object& members = as_object();
  const auto found = position(members, key);
  return found == members.end() ? nullptr : &found->second;
}

const Json& Json::at(std::string_view key) const {
  const Json* found = find(key);
  if (found == nullptr) throw JsonError(json_quoted(key) + " is missing");
  return *found;
}

bool Json::get_bool(std::string_view key) const { return at(key).as<bool>(Type::kBool, key); }
std::int64_t Json::get_int(std::string_view key) const {
  return at(key).as<std::int64_t>(Type::kInteger, key);
}
double Json::get_double(std::string_view key) const { return at(key).as_double(key); }
const std::string& Json::get_string(std::string_view key) const {
  return at(key).as<std::string>(Type::kString, key);
}
const Json::Array& Json::get_array(std::string_view key) const {
  return at(key).as<Array>(Type::kArray, key);
}

std::optional<bool> Json::find_bool(std::string_view key) const {
  return contains(key) ? std::optional(get_bool(key)) : std::nullopt;
}
std::optional<std::int64_t> Json::find_int(std::string_view key) const {
  return contains(key) ? std::optional(get_int(key)) : std::nullopt;
}
std::optional<std::string> Json::find_string(std::string_view key) const {
  return contains(key) ? std::optional(get_string(key)) : std::nullopt;
}

void Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object();
  expect(is_object(), *this, Type::kObject, {});
  Object& members = *std::get_if<Object>(&value_);
  const auto found = position(members, key);
  if (found != members.end())
    found->second = std::move(value);
  else
    members.emplace_back(key, std::move(value));
}

void Json::push_back(Json element) {
  if (is_null()) value_ = Array();
  expect(is_array(), *this, Type::kArray, {});
  std::get_if<Array>(&value_)->push_back(std::move(element));
}

bool operator==(const Json& a, const Json& b) { return a.value_ == b.value_; }

}  // namespace socketserver
