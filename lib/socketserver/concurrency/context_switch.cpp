// The switch itself, for the processors that have one here; context.cpp uses ucontext for all others.
#include "socketserver/concurrency/context.hpp"

#if defined(SOCKETSERVER_OWN_SWITCH)

// void socketserver_switch_stack(void** save, void* load)
// Saves what a call must preserve on the running stack, stores the stack pointer in *save, and does the
// opposite with `load`. A new stack is laid out so that this "returns" into socketserver_start_stack, which
// calls r12(r13) (x19(x20)).
#if defined(__x86_64__)
// System V ABI: rbx, rbp, r12 to r15, and the control words of SSE and x87. The processor's shadow stack
// (CET) is not supported. The control words are nearly always the same on both stacks, and loading them costs
// more than a comparison.
asm(R"(
  .text
  .globl socketserver_switch_stack
  .hidden socketserver_switch_stack
  .type socketserver_switch_stack,@function
  .p2align 4
socketserver_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r15
  pushq %r14
  pushq %r13
  pushq %r12
  subq $8, %rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movl (%rsp), %eax
  movzwl 4(%rsp), %ecx
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  cmpl (%rsp), %eax
  je 1f
  ldmxcsr (%rsp)
1:
  cmpw 4(%rsp), %cx
  je 2f
  fldcw 4(%rsp)
2:
  addq $8, %rsp
  popq %r12
  popq %r13
  popq %r14
  popq %r15
  popq %rbx
  popq %rbp
  ret
  .size socketserver_switch_stack,.-socketserver_switch_stack

  .globl socketserver_start_stack
  .hidden socketserver_start_stack
  .type socketserver_start_stack,@function
  .p2align 4
socketserver_start_stack:
  .cfi_startproc
  .cfi_undefined rip
  movq %r13, %rdi
  callq *%r12
  ud2
  .cfi_endproc
  .size socketserver_start_stack,.-socketserver_start_stack
)");
#elif defined(__aarch64__)
// AAPCS64: x19 to x28, the frame pointer, the link register, and d8 to d15.
asm(R"(
  .text
  .globl socketserver_switch_stack
  .hidden socketserver_switch_stack
  .type socketserver_switch_stack,@function
  .p2align 4
socketserver_switch_stack:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size socketserver_switch_stack,.-socketserver_switch_stack

  .globl socketserver_start_stack
  .hidden socketserver_start_stack
  .type socketserver_start_stack,@function
  .p2align 4
socketserver_start_stack:
  .cfi_startproc
  .cfi_undefined x30
  mov x0, x20
  blr x19
  brk #0
  .cfi_endproc
  .size socketserver_start_stack,.-socketserver_start_stack
)");
#endif

#endif
