/*
 * The constant-time tests' program; native/tools/run_ctime.py builds it in every configuration and runs it under a
 * checker on every backend (GMPKI_BACKEND).
 *
 *   ctime_tests             run every entry: "FINDING function (path)" for each that the checker reports
 *   ctime_tests --planted   run every planted leak: "BLIND leak (kind)" for each that the checker does not report
 *   ctime_tests --list      print the functions that have entries, one a line
 *   ctime_tests --backends  print "algorithm backend available" for each backend
 */
#include <stdio.h>
#include <string.h>

#include "ctime.h"
#include "ctime_checker.h"
#include "ctime_planted.h"
#include "gmpki/common.h"

static const ctime_entry *const tables[] = {ctime_common, ctime_sm3, ctime_sm4, ctime_sm2, ctime_sm2_batch, ctime_rand};
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

static int list_functions(void) {
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (const ctime_entry *e = tables[i]; e->function != NULL; e++) {
            printf("%s\n", e->function);
        }
    }
    return 0;
}

static int list_backends(void) {
    static const char *const names[GMPKI_ALGORITHM_COUNT] = {"sm3", "sm4", "sm2", "rand"};
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        const char *name = NULL;
        int available = 0;
        for (size_t i = 0; gmpki_backend_get(&name, &available, algorithm, i) == GMPKI_OK && name != NULL; i++) {
            printf("%s %s %d\n", names[algorithm], name, available);
        }
    }
    return 0;
}

/* A self-test that fails, or a backend that is not there, would end every entry before it reached the secret. */
static int every_algorithm_works(void) {
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        int status = gmpki_selftest_run(algorithm);
        if (status != GMPKI_OK) {
            fprintf(stderr, "ctime_tests: algorithm %d: %s\n", algorithm, gmpki_status_text(status));
            return 0;
        }
    }
    return 1;
}

static int run_entries(void) {
    unsigned count = 0;
    unsigned findings = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (const ctime_entry *e = tables[i]; e->function != NULL; e++) {
            count++;
            if (checker_reports(e->run)) {
                findings++;
                printf("FINDING %s (%s)\n", e->function, e->path);
            }
        }
    }
    printf("%u entries, %u findings\n", count, findings);
    return findings == 0 && count > 0 ? 0 : 1;
}

static int run_planted(void) {
    unsigned count = 0;
    unsigned seen = 0;
    for (const ctime_entry *e = ctime_planted; e->function != NULL; e++) {
        count++;
        if (checker_reports(e->run)) {
            seen++;
        } else {
            printf("BLIND %s (%s)\n", e->function, e->path);
        }
    }
    printf("%u planted, %u seen\n", count, seen);
    return seen == count ? 0 : 1;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "--list") == 0) {
        return list_functions();
    }
    if (strcmp(mode, "--backends") == 0) {
        return list_backends();
    }
    if (!checker_active()) {
        fprintf(stderr, "ctime_tests: run it under valgrind, or build it with MemorySanitizer\n");
        return 2;
    }
    if (!every_algorithm_works()) {
        return 2;
    }
    return strcmp(mode, "--planted") == 0 ? run_planted() : run_entries();
}
