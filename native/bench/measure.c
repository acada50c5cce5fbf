/*
 * The clock, and how a case is sampled: the same call in runs of a few microseconds, many of them. The least of all is
 * the figure least disturbed by other load, the median says how a machine with this load behaves.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum {
    SAMPLE_TICKS = 12000, /* a sample is at least so long, or one call: the clock itself takes about 40 */
    MAX_SAMPLES = 100000,
    LEAST_SAMPLES = 15
};

uint8_t bench_in[BENCH_MAX_DATA + 64];
uint8_t bench_out[BENCH_MAX_DATA + 64];

static uint64_t nanoseconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#if defined(__x86_64__)
/* Whatever stands before has been done, and nothing that stands behind has begun. */
static uint64_t ticks(void) {
    unsigned processor;
    _mm_lfence();
    uint64_t now = __rdtscp(&processor);
    _mm_lfence();
    return now;
}

const char *bench_unit(void) {
    return "TSC cycles";
}

double bench_core_cycles_per_tick(void) {
    double best = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t x = (uint64_t)i, count = 10000;
        uint64_t begin = ticks();
        /* 10 additions, each waiting for the one before; the counter runs beside them. */
        __asm__ volatile("1:\n\t"
                         "add $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\t"
                         "add $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\t"
                         "dec %1\n\tjnz 1b"
                         : "+r"(x), "+r"(count)
                         :
                         : "cc");
        double rate = 100000.0 / (double)(ticks() - begin);
        best = rate > best ? rate : best;
    }
    return best;
}
#else
static uint64_t ticks(void) {
    return nanoseconds();
}

const char *bench_unit(void) {
    return "nanoseconds";
}

double bench_core_cycles_per_tick(void) {
    return 0;
}
#endif

double bench_ticks_per_second(void) {
    uint64_t begin_ns = nanoseconds(), begin = ticks(), now_ns;
    do {
        now_ns = nanoseconds();
    } while (now_ns - begin_ns < 50000000u);
    return (double)(ticks() - begin) * 1e9 / (double)(now_ns - begin_ns);
}

void bench_pin(int processor) {
#if defined(__linux__)
    if (processor >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)processor, &set);
        (void)sched_setaffinity(0, sizeof set, &set);
    }
#else
    (void)processor;
#endif
}

__attribute__((noinline)) int bench_call(const bench_case *one) {
    return one->run(one);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Ticks of one sample of so many calls; *status takes what went wrong. */
static uint64_t sample(const bench_case *one, uint64_t calls, int *status) {
    uint64_t begin = ticks();
    for (uint64_t i = 0; i < calls; i++) {
        *status |= one->run(one);
    }
    return ticks() - begin;
}

/* What begin and end of a sample cost with nothing between them. */
static uint64_t clock_cost(void) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 1000; i++) {
        uint64_t begin = ticks();
        uint64_t cost = ticks() - begin;
        least = cost < least ? cost : least;
    }
    return least;
}

int bench_measure(bench_result *result, const bench_case *one, unsigned budget_ms) {
    static uint64_t taken[MAX_SAMPLES];
    uint64_t budget_ns = (uint64_t)budget_ms * 1000000u, cost = clock_cost(), least = UINT64_MAX;
    size_t count = 0;
    int status = 0;
    /* A tenth of the time to warm caches, predictors and the wide units up, and to see how long a call takes. */
    uint64_t begin_ns = nanoseconds();
    for (int i = 0; i < 3 || nanoseconds() - begin_ns < budget_ns / 10; i++) {
        uint64_t one_call = sample(one, 1, &status);
        least = one_call < least ? one_call : least;
        if (status != 0) {
            return status;
        }
    }
    least = least > cost ? least - cost : 1;
    uint64_t calls = least >= SAMPLE_TICKS ? 1 : (SAMPLE_TICKS + least - 1) / least;
    begin_ns = nanoseconds();
    while (count < MAX_SAMPLES && (count < LEAST_SAMPLES || nanoseconds() - begin_ns < budget_ns)) {
        uint64_t whole = sample(one, calls, &status);
        taken[count++] = whole > cost ? whole - cost : 0;
        if (status != 0) {
            return status;
        }
    }
    qsort(taken, count, sizeof taken[0], compare);
    double each = (double)calls * (double)one->items;
    result->min = (double)taken[0] / each;
    result->median = (double)taken[count / 2] / each;
    result->samples = count;
    return 0;
}
