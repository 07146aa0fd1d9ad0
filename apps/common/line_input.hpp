// Lines from standard input beside other things that come, and what is printed meanwhile.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace socketserver::apps {

/// For programs that talk and listen at the same time, where Prompt would wait for a line alone. The prompt
/// goes to standard error, and is there only where a person types. print(), note() and set_prompt() may be
/// called by any thread, the rest by one.
class LineInput {
 public:
  /// Without a prompt yet.
  LineInput();
  /// Leaves no prompt behind.
  ~LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

  bool interactive() const { return interactive_; }
  /// Has input ended? Lines that came before may still be there.
  bool ended() const { return ended_; }
  /// Does nobody take what print() prints?
  bool unheard() const { return unheard_; }
  /// To be waited for (POLLIN), where `may_read()`; then fill() reads what there is.
  int fileno() const { return 0; }
  /// Not after the end, and not in the background of a terminal, where reading would stop the process; ask
  /// again some time later. fill() throws where there is no reading, or no end of a line; that is the end.
  bool may_read() const;
  void fill();
  /// The next line that has come, without its '\n'; the last one may lack it. nullopt: none yet, or no more.
  std::optional<std::string> next();

  /// A line on standard output, above the prompt.
  void print(const std::string& line);
  /// The same on standard error, for what the program itself has to say.
  void note(const std::string& line);
  void set_prompt(std::string prompt);

 private:
  void read_some();
  void draw();
  void erase();

  const bool interactive_;
  std::atomic<bool> ended_ = false, unheard_ = false;
  std::string read_;   // and not yet given
  std::mutex screen_;  // guards what stands below, and keeps lines of several threads apart
  std::string prompt_;
  bool drawn_ = false;
};

}  // namespace socketserver::apps
