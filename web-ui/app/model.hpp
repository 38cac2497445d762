// Everything the screens draw from. Only the app changes it; drawing gets it const.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/analysis/detector.hpp"
#include "shared/base/time.hpp"
#include "shared/domain/facts.hpp"

namespace wf {

struct Workspace {
  std::string client_id;
  std::string slug;
  std::string name;
  /// Why the workspace's settings could not be read; empty when they could.
  std::string configuration_problem;
  /// Whoever is signed in may ask for a sync here.
  bool may_write = false;
};

enum class Load { loading, ready, failed };

/// How changes reach the page.
enum class Link { connecting, live, polling, offline };

/// One service on one day, from runs and webhook receipts.
struct ServiceDay {
  Day day;
  std::int64_t rows = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
};

/// An unusual day of something that a service reports.
struct ServiceAnomaly {
  std::string label;  // Search clicks
  std::string unit;
  Anomaly anomaly;
};

/// Who has asked is told for so long how the sync ended, if it has ended while they may still wait for it.
inline constexpr std::chrono::seconds sync_end_shown{8};
inline constexpr std::chrono::minutes sync_end_awaited{10};

struct SyncAnswer {
  std::string words;
  /// Its end is waited for.
  std::optional<UnixSeconds> taken_at;
  std::optional<UnixSeconds> ended_at;
};

struct Model {
  std::string email;
  UnixSeconds now{};

  Load workspaces_load = Load::loading;
  std::vector<Workspace> workspaces;
  /// From the URL; empty until one is chosen.
  std::string slug;
  /// By client_id: how many services needed attention when they were last read, every five minutes if not
  /// shown.
  std::map<std::string, int> troubled;

  Load services_load = Load::loading;
  std::vector<ServiceFacts> services;
  /// By service; one without rows did nothing. None: not read, which is no news of any of them.
  std::optional<std::map<std::string, std::vector<ServiceDay>>> activity;
  /// It was asked for and not read; else it is on its way.
  bool activity_failed = false;
  std::map<std::string, std::vector<ServiceAnomaly>> anomalies;
  /// By service: what came of asking for a sync just now.
  std::map<std::string, SyncAnswer> sync_answers;
  /// What came of the link of a mail, where it let nobody in.
  std::string link_problem;
  /// What went wrong, when a load failed.
  std::string failure;

  Link link = Link::connecting;
  std::optional<UnixSeconds> last_change;
  /// Until when what is shown was known to be so.
  std::optional<UnixSeconds> known_at;
  /// How long the page's latest reading of the database took, if it succeeded.
  std::optional<std::chrono::milliseconds> read_time;
  /// The latest reading failed: what is shown is what was read before.
  bool read_failed = false;
};

inline const Workspace* current_workspace(const Model& model) {
  for (const auto& workspace : model.workspaces) {
    if (workspace.slug == model.slug) return &workspace;
  }
  return nullptr;
}

/// None is asked: what is shown is what was read before.
inline bool is_unreached(const Model& model) {
  return model.read_failed || (model.services_load == Load::ready && model.link == Link::offline);
}

/// The services of a workspace that is not shown any more.
void forget_services(Model&);

/// Of one or several workspaces, by client_id: how many services need attention at `now`.
std::map<std::string, int> count_troubled(const std::vector<ServiceFacts>&, UnixSeconds now);

/// Of all workspaces, as of `now`. Of the one that is shown what was read for its cards is newer.
void take_all_services(Model&, const std::vector<ServiceFacts>&, UnixSeconds now);

/// What was read takes the place of what was; what was told of a sync goes when one of that service has
/// ended.
void take_services(Model&, std::vector<ServiceFacts>);
/// Without words: they have been read. A sync that was taken before is waited for also when the next is
/// refused.
void answer_sync(Model&, const std::string& service, std::string words, bool taken);
void forget_sync_ends(Model&);

}  // namespace wf
