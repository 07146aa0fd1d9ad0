// Authentication around the bundled handlers, and around what handler<H>() makes.
#include "socketserver/service/hmac_auth.hpp"

#include <gtest/gtest.h>

#include "socketserver/service/echo.hpp"
#include "socketserver/service/exec_client.hpp"
#include "socketserver/service/time.hpp"
#include "socketserver/service/upload.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

const AuthKey kKey("secret");

Socket prove(Socket client, AuthForm form = AuthForm::kPlain) {
  Authenticator(kKey, AuthDigest::kSha256, form).prove(client);
  return client;
}

TEST(HmacAuth, goes_around_every_bundled_handler_of_connections) {
  const HmacAuth auth(kKey);
  for (const RequestHandlerClass& handler_class :
       {handler<HmacAuthMixIn<EchoUpperHandler>>(auth), handler<HmacAuthMixIn<EchoOnceHandler>>(auth),
        handler<HmacAuthMixIn<EchoVerbatimHandler>>(auth), handler<HmacAuthMixIn<EchoHelloHandler>>(auth),
        handler<HmacAuthMixIn<TimeLineHandler>>(auth),
        handler<HmacAuthMixIn<UploadHandler>>(auth, UploadOptions())})
    EXPECT_TRUE(handler_class);
}

TEST(HmacAuth, gives_the_handler_its_arguments) {
  ExecOptions options;
  options.framing = ExecFraming::kLength;
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      handler<HmacAuthMixIn<ExecHandler>>(HmacAuth(kKey), options));
  Socket client = prove(serving.start().connect());
  EXPECT_EQ(ExecClient(client, ExecFraming::kLength).run("echo hello").data, "hello\n");
}

TEST(HmacAuth, goes_around_what_has_been_made) {
  HmacAuthOptions options;
  options.form = AuthForm::kMutual;
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      authenticated(HmacAuth(kKey, options), echo_handler("upper")));
  Socket client = prove(serving.start().connect(), AuthForm::kMutual);
  EXPECT_EQ(echo(client, "hello"), "HELLO");
}

/// Clients authenticate before there is a handler at all.
struct Guarded : ThreadingTCPServer {
  Guarded(const Address& address, RequestHandlerClass handler)
      : ThreadingTCPServer(address, std::move(handler)) {}
  ~Guarded() override { server_close(); }
  void prepare_request(Request& request, const Address&) override { auth_.authenticate(request); }

 private:
  HmacAuth auth_{kKey};
};

TEST(HmacAuth, serves_prepare_request) {
  Serving<Guarded> serving(Address("127.0.0.1", 0), echo_handler("upper"));
  Socket client = prove(serving.start().connect());
  EXPECT_EQ(echo(client, "hello"), "HELLO");
}

struct TellsItsEnd : BaseRequestHandler {
  void handle() override {
    request().sendall(request().socket().request_end().is_never() ? "never" : "some time");
  }
};

TEST(HmacAuth, leaves_the_handler_its_own_deadlines) {
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      handler<HmacAuthMixIn<TellsItsEnd>>(HmacAuth(kKey)));
  Socket client = prove(serving.start().connect());
  EXPECT_EQ(read_all(client), "never");
}

}  // namespace
}  // namespace socketserver::testing
