// AgentRows: the owner's views, one `<name>.view.yaml` each in a folder, read anew for every offer.
#pragma once

#include <string>

#include "florin/site/site.h"

namespace florin::apps {

class AgentRows final : public site::Rows {
 public:
  explicit AgentRows(std::string folder) : folder_(std::move(folder)) {}
  // [VIEW-NAME] there is no such view; errors of the view and its source.
  Result<std::unique_ptr<data::BatchReader>> Open(const std::string& view,
                                                  const data::Schema& schema,
                                                  data::Part part) override;

 private:
  std::string folder_;
};

}  // namespace florin::apps
