#include "florin/telemetry/http/metrics_http.h"

#include <chrono>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "florin/base/text.h"

namespace florin::telemetry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kPatience = std::chrono::seconds(5);
constexpr size_t kRequestBytesMax = size_t{8} << 10;
constexpr int kConnectionsMax = 32;

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

Response Answer(const Request& request, const std::function<std::string()>& render) {
  Response response(http::status::ok, request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
    response.body() = "only GET and HEAD\n";
  } else if (request.target() == "/metrics") {
    response.set(http::field::content_type,
                 "application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.body() = render();
  } else if (request.target() == "/healthz") {
    response.body() = "ok\n";
  } else {
    response.result(http::status::not_found);
    response.body() = "there is /metrics and /healthz\n";
  }
  response.prepare_payload();
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

// "[::1]:80" and "127.0.0.1:80".
bool ParseEndpoint(const std::string& listen, tcp::endpoint& endpoint) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  const auto port = base::ParseDouble(listen.substr(colon + 1));
  if (error || !port || *port < 0 || *port > 65535 || *port != static_cast<int>(*port)) {
    return false;
  }
  endpoint = tcp::endpoint(address, static_cast<uint16_t>(*port));
  return true;
}

}  // namespace

class MetricsHttp::Impl {
 public:
  explicit Impl(std::function<std::string()> render) : render_(std::move(render)) {}
  ~Impl() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status Listen(const std::string& listen) {
    tcp::endpoint endpoint;
    if (!ParseEndpoint(listen, endpoint)) return Fault(listen, "expected ADDRESS:PORT");
    error_code error;
    const bool is_listening =
        !acceptor_.open(endpoint.protocol(), error) &&
        !acceptor_.set_option(asio::socket_base::reuse_address(true), error) &&
        !acceptor_.bind(endpoint, error) &&
        !acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!is_listening) return Fault(listen, error.message());
    asio::co_spawn(context_, Accept(), asio::detached);
    thread_ = std::jthread([this] { context_.run(); });
    return {};
  }
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  static Status Fault(const std::string& listen, const std::string& why) {
    return {Kind::kUnreachable, "NET-LISTEN",
            "cannot serve metrics on " + listen + ": " + why + "."};
  }

  asio::awaitable<void> Accept() {
    for (;;) {
      error_code error;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error || connections_ == kConnectionsMax) continue;  // the socket closes here
      asio::co_spawn(context_, Serve(beast::tcp_stream(std::move(socket))), asio::detached);
    }
  }

  asio::awaitable<void> Serve(beast::tcp_stream stream) {
    ++connections_;
    beast::flat_buffer buffer(kRequestBytesMax);
    for (bool goes_on = true; goes_on;) {
      http::request_parser<http::empty_body> parser;
      parser.header_limit(kRequestBytesMax);
      error_code error;
      stream.expires_after(kPatience);
      co_await http::async_read(stream, buffer, parser,
                                asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      Response response = Answer(parser.get(), render_);
      goes_on = response.keep_alive();
      stream.expires_after(kPatience);
      co_await http::async_write(stream, response,
                                 asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
    }
    error_code ended;  // not looked at: the peer may have gone first
    ended = stream.socket().shutdown(tcp::socket::shutdown_send, ended);
    --connections_;
  }

  std::function<std::string()> render_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  int connections_ = 0;  // of the server's thread
  std::jthread thread_;
};

MetricsHttp::MetricsHttp(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsHttp::~MetricsHttp() = default;
int MetricsHttp::port() const { return impl_->port(); }

Result<std::unique_ptr<MetricsHttp>> MetricsHttp::Start(const std::string& listen,
                                                        std::function<std::string()> render) {
  auto impl = std::make_unique<Impl>(std::move(render));
  FLORIN_TRY(impl->Listen(listen));
  return std::unique_ptr<MetricsHttp>(new MetricsHttp(std::move(impl)));
}

}  // namespace florin::telemetry
