// Shows the thread sanitizer what Swift's `Mutex` does where two threads meet.
//
// On Linux the fast ways into and out of a `Mutex` are compiled into whoever uses it, and so are seen; the slow ones are in
// libswiftSynchronization, which is not instrumented: a thread that had to wait for a mutex seems to touch what it guards without having taken it.
// This library is loaded before it (LD_PRELOAD), calls the same functions there, and tells the sanitizer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Of `Synchronization._MutexHandle`: `_lockSlow(UInt32)` and `_unlockSlow()`. Their names are part of Swift's stable ABI for the library.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) abort();
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF mutex) {
    ((SWIFT void (*)(uint32_t, SELF))real(LOCK))(thread, mutex);
    if (__tsan_acquire != NULL) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF mutex) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF mutex) {
    if (__tsan_release != NULL) __tsan_release(mutex);
    ((SWIFT void (*)(SELF))real(UNLOCK))(mutex);
}
