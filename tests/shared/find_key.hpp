#pragma once
// A key of the catalogue by its full name; null: there is none.

#include "shared/domain/catalogue.hpp"

inline const wf::Key* find_key(std::string_view name) {
  for (const wf::Descriptor& service : wf::catalogue())
    for (const wf::Key& key : service.keys)
      if (key.name == name) return &key;
  return nullptr;
}
