#include "socketserver/concurrency/semaphore.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace socketserver::testing {
namespace {

TEST(SemaphoreTest, lets_as_many_waits_end_as_were_posted) {
  Semaphore semaphore;
  EXPECT_FALSE(semaphore.wait(Deadline::now()));
  semaphore.post();
  semaphore.post();
  EXPECT_TRUE(semaphore.wait(Deadline::now()));
  EXPECT_TRUE(semaphore.wait(Deadline::never()));
  EXPECT_FALSE(semaphore.wait(Deadline::after(std::chrono::milliseconds(1))));
}

TEST(SemaphoreTest, shows_what_was_written_before_it_was_posted) {
  Semaphore question, answer;
  int value = 0;
  std::thread other([&] {
    question.wait(Deadline::never());
    ++value;
    answer.post();
  });
  value = 1;
  question.post();
  EXPECT_TRUE(answer.wait(Deadline::after(std::chrono::minutes(1))));
  EXPECT_EQ(value, 2);
  other.join();
}

}  // namespace
}  // namespace socketserver::testing
