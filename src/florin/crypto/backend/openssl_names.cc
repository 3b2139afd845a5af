// Subject alternative names and common names, read and written character by character: what is
// checked here is what a certificate says.
#include <algorithm>
#include <string>

#include "florin/base/check.h"
#include "florin/base/text.h"
#include "florin/crypto/backend/openssl_pem.h"

namespace florin::crypto::openssl {
namespace {

constexpr size_t kUriSizeMax = 512;
constexpr size_t kNameCountMax = 32;

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsDnsLabel(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

bool IsDnsName(std::string_view name) {
  const auto labels = base::Split(name, '.');
  return name.size() <= 253 && std::all_of(labels.begin(), labels.end(), IsDnsLabel);
}

// ASN.1 strings have a length: a NUL or another odd byte inside is how "a.example\0.evil" starts.
Result<std::string> Visible(const ASN1_STRING* text) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  std::string value(data, static_cast<size_t>(ASN1_STRING_length(text)));
  if (value.empty() || !IsVisible(value)) {
    return Fault("X509-FORM",
                 "subject alternative name: expected visible ASCII, found other bytes");
  }
  return value;
}

Result<std::string> AddressText(const ASN1_OCTET_STRING* address) {
  const ByteView bytes(ASN1_STRING_get0_data(address),
                       static_cast<size_t>(ASN1_STRING_length(address)));
  std::string text;
  if (bytes.size() == 4) {
    for (const uint8_t byte : bytes) text += (text.empty() ? "" : ".") + std::to_string(byte);
  } else if (bytes.size() == 16) {
    for (size_t i = 0; i < 16; i += 2) text += (i == 0 ? "" : ":") + base::Hex(bytes.subspan(i, 2));
  } else {
    return Fault("X509-FORM",
                 "IP address: expected 4 or 16 bytes, found " + std::to_string(bytes.size()));
  }
  return text;
}

using General = std::unique_ptr<GENERAL_NAME, Free<GENERAL_NAME_free>>;

void Push(GENERAL_NAMES* names, int type, void* value) {
  General name(GENERAL_NAME_new());
  FLORIN_CHECK(name != nullptr && value != nullptr);
  GENERAL_NAME_set0_value(name.get(), type, value);
  FLORIN_CHECK(sk_GENERAL_NAME_push(names, name.get()) > 0);
  [[maybe_unused]] const GENERAL_NAME* owned = name.release();  // by the stack now
}

void PushText(GENERAL_NAMES* names, int type, const std::string& text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  FLORIN_CHECK(value != nullptr &&
               ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1);
  Push(names, type, value);
}

Status Misnamed(const char* what, const std::string& found) {
  return Fault("X509-NAME", std::string(what) + ": found \"" + found + "\"");
}

}  // namespace

Result<SubjectNames> ReadNames(const GENERAL_NAMES* names) {
  SubjectNames found;
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names);
  if (static_cast<size_t>(count) > kNameCountMax) {
    return Fault("X509-FORM", "more than 32 subject alternative names");
  }
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_URI || type == GEN_DNS) {
      FLORIN_ASSIGN(std::string text, Visible(static_cast<const ASN1_STRING*>(value)));
      (type == GEN_URI ? found.uris : found.dns).push_back(std::move(text));
    } else if (type == GEN_IPADD) {
      FLORIN_ASSIGN(std::string text, AddressText(static_cast<const ASN1_OCTET_STRING*>(value)));
      found.ips.push_back(std::move(text));
    } else {
      return Fault("X509-FORM", "subject alternative name: expected URI, DNS or IP, found another");
    }
  }
  return found;
}

Result<std::string> ReadCommonName(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return std::string();
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
  std::string text(data, static_cast<size_t>(ASN1_STRING_length(value)));
  const bool is_printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!is_printable || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) {
    return Fault("X509-FORM", "common name: expected one of printable ASCII, found another");
  }
  return text;
}

Result<Names> WriteNames(const SubjectNames& names) {
  const QuietErrors quiet;
  Names written(GENERAL_NAMES_new());
  FLORIN_CHECK(written != nullptr);
  if (names.uris.size() + names.dns.size() + names.ips.size() > kNameCountMax) {
    return Fault("X509-NAME", "more than 32 subject alternative names");
  }
  for (const std::string& uri : names.uris) {
    if (uri.empty() || uri.size() > kUriSizeMax || !IsVisible(uri)) {
      return Misnamed("URI: expected 1 to 512 visible ASCII characters", uri);
    }
    PushText(written.get(), GEN_URI, uri);
  }
  for (const std::string& dns : names.dns) {
    if (!IsDnsName(dns)) return Misnamed("DNS name: expected labels of a-z, 0-9 and '-'", dns);
    PushText(written.get(), GEN_DNS, dns);
  }
  for (const std::string& ip : names.ips) {
    ASN1_OCTET_STRING* address = IsVisible(ip) ? a2i_IPADDRESS(ip.c_str()) : nullptr;
    if (address == nullptr) return Misnamed("IP address: expected IPv4 or IPv6", ip);
    Push(written.get(), GEN_IPADD, address);
  }
  return written;
}

}  // namespace florin::crypto::openssl
