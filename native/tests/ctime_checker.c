/* The two checkers behind ctime.h. Both follow undefined memory through the machine's data flow. */
#include "ctime_checker.h"

#include "ctime.h"

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define USE_MSAN 1
#endif
#endif

#ifdef USE_MSAN

#include <sanitizer/msan_interface.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void ctime_secret(void *data, size_t len) {
    __msan_poison(data, len);
}

void ctime_declassify(const void *data, size_t len) {
    __msan_unpoison(data, len);
}

int checker_active(void) {
    return 1;
}

/* MemorySanitizer ends the process at its first finding: each run gets a process of its own. */
int checker_reports(void (*run)(void)) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    int status = 0;
    return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

#else

#include <valgrind/memcheck.h>

void ctime_secret(void *data, size_t len) {
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

void ctime_declassify(const void *data, size_t len) {
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

int checker_active(void) {
    return RUNNING_ON_VALGRIND != 0;
}

int checker_reports(void (*run)(void)) {
    unsigned long before = VALGRIND_COUNT_ERRORS;
    run();
    return VALGRIND_COUNT_ERRORS != before;
}

#endif
