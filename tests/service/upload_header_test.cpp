// The objects in front of uploads: those seen in the wild, and those that nobody may send.
#include "socketserver/service/upload_header.hpp"

#include <gtest/gtest.h>

#include "socketserver/io/framing.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/transfer.hpp"

namespace socketserver::testing {
namespace {

constexpr char kMd5OfHello[] = "5d41402abc4b2a76b9719d911017c592";

UploadHeader parsed(const std::string& json) {
  Reader reader(frame(json));
  return parse_upload_header(read_header(reader, kUploadHeaderLimit));
}

std::string why_not(const std::string& json) {
  try {
    parsed(json);
    return "nothing was wrong";
  } catch (const std::exception& error) {
    return error.what();
  }
}

// ---- what is accepted ----

TEST(UploadHeader, UnderstandsThePutForm) {
  const auto header = parsed(R"({"cmd": "put", "filename": "a.txt", "filesize": 5})");
  EXPECT_EQ(header.name, "a.txt");
  EXPECT_EQ(header.size, 5u);
  EXPECT_EQ(header.message, std::nullopt);
  EXPECT_EQ(header.md5, std::nullopt);
  EXPECT_FALSE(header.wants_reply);
}

TEST(UploadHeader, UnderstandsTheMessageForm) {
  const auto header = parsed(
      R"({"file_name": "\u8ba1\u7b97\u673a\u4e94\u5927.txt", "file_size": 0, "msg": "for \ud83d\ude00"})");
  EXPECT_EQ(header.name, "计算机五大.txt");
  EXPECT_EQ(header.size, 0u);
  EXPECT_EQ(header.message, "for 😀");
}

TEST(UploadHeader, UnderstandsTheDigestForm) {
  for (const std::string md5 : {kMd5OfHello, "5D41402ABC4B2A76B9719D911017C592"}) {
    const auto header =
        parsed(R"({"file_name": "/a/b/c/d/e/a.txt", "file_size": 1073741824000, "md5": ")" + md5 + "\"}");
    EXPECT_EQ(header.name, "/a/b/c/d/e/a.txt");
    EXPECT_EQ(header.size, 1'073'741'824'000u);
    ASSERT_TRUE(header.md5.has_value());
    EXPECT_EQ(hex(*header.md5), kMd5OfHello);
  }
}

TEST(UploadHeader, PassesOverUnknownKeysAndTakesBothSpellingsThatAgree) {
  const auto header = parsed(R"({"x": [{}], "filename": "a", "file_name": "a", "filesize": 5, "file_size": 5,
                                 "msg": "", "reply": true, "y": null})");
  EXPECT_EQ(header.name, "a");
  EXPECT_EQ(header.size, 5u);
  EXPECT_EQ(header.message, "");
  EXPECT_TRUE(header.wants_reply);
}

TEST(UploadHeader, EndsWhereTheStreamEndsBetweenTwoFiles) {
  Reader reader(frame(R"({"filename": "a", "filesize": 0})"));
  EXPECT_TRUE(read_transfer_request(reader).has_value());
  EXPECT_FALSE(read_transfer_request(reader).has_value());
}

// ---- what is not ----

TEST(UploadHeader, RefusesSizesThatAreNone) {
  const auto sized = [](const std::string& size) {
    return why_not(R"({"filename": "a", "filesize": )" + size + "}");
  };
  EXPECT_EQ(sized("-1"), "the file size -1 is negative");
  EXPECT_EQ(sized("5.5"), "JSON: \"filesize\" is a double, not an integer");
  EXPECT_EQ(sized("5.0"), "JSON: \"filesize\" is a double, not an integer");
  EXPECT_EQ(sized("\"5\""), "JSON: \"filesize\" is a string, not an integer");
  for (const std::string size : {"9223372036854775808", "1e3", "true", "null", "[5]", "NaN", "-"})
    EXPECT_NE(sized(size).find("JSON"), std::string::npos) << sized(size);
}

TEST(UploadHeader, SaysWhatIsMissingOrContradictsItself) {
  EXPECT_EQ(why_not(R"({"filesize": 5})"), R"(there is neither "filename" nor "file_name")");
  EXPECT_EQ(why_not(R"({"filename": "a"})"), R"(there is neither "filesize" nor "file_size")");
  EXPECT_EQ(why_not(R"({"filename": "a", "file_name": "b", "filesize": 5})"),
            R"("filename" and "file_name" contradict each other)");
  EXPECT_EQ(why_not(R"({"filename": "a", "filesize": 5, "file_size": 6})"),
            R"("filesize" and "file_size" contradict each other)");
}

TEST(UploadHeader, RefusesOtherCommandsAndDigestsThatAreNone) {
  EXPECT_EQ(why_not(R"({"cmd": "get", "filename": "a", "filesize": 5})"),
            R"("cmd" is 'get'; this server knows "put")");
  EXPECT_EQ(why_not(R"({"cmd": "\u001b[2J", "filename": "a", "filesize": 5})"),
            R"("cmd" is '\x1b[2J'; this server knows "put")");
  EXPECT_EQ(why_not(R"({"filename": "a", "filesize": 5, "md5": "beef"})"),
            R"("md5" is 'beef', not 32 hexadecimal digits)");
  for (const std::string field : {R"("cmd": 1)", R"("md5": null)", R"("msg": [])", R"("reply": "yes")"})
    EXPECT_NE(why_not(R"({"filename": "a", "filesize": 5, )" + field + "}").find("JSON"), std::string::npos);
}

TEST(UploadHeader, RefusesWhatIsNoObjectOrNoJson) {
  EXPECT_EQ(why_not("[]"), "JSON: the value is an array, not an object");
  EXPECT_EQ(why_not("5"), "JSON: the value is an integer, not an object");
  const std::string broken[] = {"",
                                "{",
                                R"({"filename": "a" "filesize": 5})",
                                R"({"filename": "\ud800", "filesize": 5})",
                                "{\"filename\": \"\xff\", \"filesize\": 5}",
                                R"({"filename": "a", "filename": "b", "filesize": 5})",
                                std::string(20'000, '['),
                                R"({"filename": "a", "filesize": 5, "x": )" + std::string(20'000, '[') +
                                    std::string(20'000, ']') + "}"};
  for (const std::string& json : broken)
    EXPECT_NE(why_not(json).find("JSON"), std::string::npos) << why_not(json);
}

TEST(UploadHeader, RefusesLengthsThatNoHeaderHas) {
  Reader negative(pack_i32(-1));
  EXPECT_THROW(read_transfer_request(negative), FramingError);
  Reader huge(pack_i32(1 << 30));
  EXPECT_THROW(read_transfer_request(huge), FramingError);
  Reader above(pack_i32(int{kUploadHeaderLimit} + 1));
  EXPECT_THROW(read_transfer_request(above), FramingError);
  Reader cut_length(std::string("\x10\0", 2));
  EXPECT_THROW(read_transfer_request(cut_length), EOFError);
  Reader cut_object(pack_i32(10) + "{\"file");
  EXPECT_THROW(read_transfer_request(cut_object), EOFError);
}

// ---- what we send ----

TEST(UploadHeader, IsWrittenAsPythonPeersWriteIt) {
  UploadHeader header;
  header.name = "计.txt";
  header.size = 5;
  EXPECT_EQ(header.to_json(UploadForm::kCmd).dump(),
            R"({"cmd": "put", "filename": "\u8ba1.txt", "filesize": 5})");
  header.message = "hi";
  EXPECT_EQ(header.to_json(UploadForm::kMsg).dump(),
            R"({"file_name": "\u8ba1.txt", "file_size": 5, "msg": "hi"})");
  header.md5 = parse_hexdigest<Md5::kDigestSize>(kMd5OfHello);
  header.wants_reply = true;
  EXPECT_EQ(header.to_json(UploadForm::kMd5).dump(),
            R"({"file_name": "\u8ba1.txt", "file_size": 5, "msg": "hi", "md5": ")" +
                std::string(kMd5OfHello) + R"(", "reply": true})");
}

TEST(UploadHeader, ReadsBackWhatItWrote) {
  UploadHeader header;
  header.name = "a\"\\b\n.txt";
  header.size = 1'073'741'824'000;
  header.message = "";
  header.wants_reply = true;
  for (const UploadForm form : {UploadForm::kCmd, UploadForm::kMsg, UploadForm::kMd5}) {
    const auto again = parsed(header.to_json(form).dump());
    EXPECT_EQ(again.name, header.name);
    EXPECT_EQ(again.size, header.size);
    EXPECT_EQ(again.message, header.message);
    EXPECT_TRUE(again.wants_reply);
  }
}

}  // namespace
}  // namespace socketserver::testing
