// Stacks with guards, and switching between them.
#include "socketserver/concurrency/stack_pool.hpp"

#include <gtest/gtest.h>

#include <cfenv>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "socketserver/concurrency/context.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver::testing {
namespace {

TEST(StackPool, rounds_sizes_up_to_pages_and_to_the_least_useful_one) {
  EXPECT_EQ(StackPool(1).stack_size(), StackPool::kLeastStack);
  EXPECT_EQ(StackPool(100'000).stack_size() % 4096, 0u);
  EXPECT_GE(StackPool(100'000).stack_size(), 100'000u);
}

TEST(StackPool, gives_each_stack_once_until_it_comes_back) {
  StackPool pool(32'768);
  std::set<void*> taken;
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(taken.insert(pool.take()).second);
  void* const last = *taken.begin();
  pool.give_back(last);
  EXPECT_EQ(pool.take(), last) << "the warmest one first";
  for (void* stack : taken) pool.give_back(stack);
}

TEST(StackPool, knows_its_guards) {
  StackPool pool(32'768);
  auto* const stack = static_cast<char*>(pool.take());
  EXPECT_TRUE(pool.in_guard(stack - 1));
  EXPECT_FALSE(pool.in_guard(stack));
  EXPECT_FALSE(pool.in_guard(stack + pool.stack_size() - 1));
  EXPECT_FALSE(pool.in_guard(&pool));
  stack[0] = stack[pool.stack_size() - 1] = 'x';
  EXPECT_DEATH(stack[-1] = 'x', "");
  EXPECT_TRUE(pool.in_guard(stack - 65'536)) << "below a buffer of 64 KiB";
  EXPECT_DEATH(stack[-65'536] = 'x', "");
  pool.give_back(stack);
}

TEST(StackPool, throws_where_there_is_no_memory) {
  StackPool pool(std::size_t{1} << 56);
  EXPECT_THROW(pool.take(), OSError);
}

std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

// vm.max_map_count is 65,530 by default.
TEST(StackPool, has_room_for_20000_stacks_under_the_default_limit_of_mappings) {
  StackPool pool(65'536);
  std::vector<void*> stacks;
  for (int i = 0; i < 20'000; ++i) stacks.push_back(pool.take());
  EXPECT_LT(mappings(), 60'000u);
  for (void* stack : stacks) pool.give_back(stack);
}

// ---- contexts ----

/// A context that runs `body` and is then switched away from for good.
class Flow {
 public:
  explicit Flow(void (*body)(Flow&)) : body_(body) {}
  ~Flow() { pool_.give_back(stack_); }
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  void enter() { home_.switch_to(context_); }
  void leave(bool last = false) { context_.switch_to(home_, last); }
  int steps = 0;

 private:
  static void run(void* flow) {
    auto& self = *static_cast<Flow*>(flow);
    self.body_(self);
    self.leave(true);
  }
  void (*body_)(Flow&);
  StackPool pool_{65'536};
  void* stack_ = pool_.take();
  Context home_;
  Context context_{stack_, pool_.stack_size(), &Flow::run, this};
};

TEST(Context, goes_back_and_forth) {
  Flow flow([](Flow& self) {
    for (int i = 0; i < 1000; ++i) {
      ++self.steps;
      self.leave();
    }
  });
  for (int i = 1; i <= 1000; ++i) {
    flow.enter();
    EXPECT_EQ(flow.steps, i);
  }
  flow.enter();
}

TEST(Context, keeps_exceptions_in_flight_apart) {
  Flow flow([](Flow& self) {
    try {
      throw std::runtime_error("inner");
    } catch (const std::runtime_error& error) {
      self.leave();
      EXPECT_STREQ(error.what(), "inner");
      EXPECT_EQ(std::uncaught_exceptions(), 0);
      ++self.steps;
    }
  });
  try {
    throw std::logic_error("outer");
  } catch (const std::logic_error&) {
    flow.enter();
    try {
      throw;
    } catch (const std::logic_error& error) {
      EXPECT_STREQ(error.what(), "outer");
    }
  }
  EXPECT_EQ(std::current_exception(), nullptr);
  flow.enter();
  EXPECT_EQ(flow.steps, 1);
}

TEST(Context, keeps_floating_point_modes_apart) {
  Flow flow([](Flow& self) {
    std::fesetround(FE_UPWARD);
    self.leave();
    EXPECT_EQ(std::fegetround(), FE_UPWARD);
  });
  flow.enter();
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  flow.enter();
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
}

}  // namespace
}  // namespace socketserver::testing
