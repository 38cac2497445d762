// What a person can ask for. Drawing attaches commands to what it draws; only the app runs them.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "shared/domain/catalogue.hpp"
#include "shared/domain/judge.hpp"

namespace wf {

/// nullopt shows every category.
struct ChooseCategory {
  std::optional<Category> category;
};
/// nullopt shows every status.
struct ChooseStatus {
  std::optional<Badge> status;
};
struct ClearFilters {};
struct SetSearch {
  std::string text;
};
/// Opens the explanation of a service's badge, or closes it when it is open.
struct ToggleExplanation {
  std::string service;
};
/// Scrolls to a service's card and moves the focus there.
struct ShowService {
  std::string service;
};
/// Asks the Worker to sync a service now.
struct SyncService {
  std::string service;
};
struct SelectWorkspace {
  std::string slug;
};
struct Reload {};
struct SignOut {};

using Command = std::variant<ChooseCategory, ChooseStatus, ClearFilters, SetSearch, ToggleExplanation,
                             ShowService, SyncService, SelectWorkspace, Reload, SignOut>;

}  // namespace wf
