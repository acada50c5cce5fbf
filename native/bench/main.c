/*
 * bench_core: measure the core and its peers.
 *
 *   bench_core --list                      the operations, with the implementations of each
 *   bench_core --only sm2_sign --only sm3  operations whose name begins so
 *   bench_core --backend sm2=portable      ours on this backend only (of that algorithm)
 *   bench_core --fastest                   ours on the fastest backend only
 *   bench_core --ours                      no other libraries
 *   bench_core --budget-ms 100             time for each measurement
 *   bench_core --cpu 1                     which processor to stay on (-1: any)
 *   bench_core --json                      a line of JSON for each measurement, after one for the machine
 *   bench_core --once                      one call of each, nothing timed, its name printed: for callgrind
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "gmpki/common.h"

enum { MAX_NAMES = 32 };

static bench_case cases[BENCH_MAX_CASES];
static size_t case_count;
static const char *const algorithm_names[] = {"sm3", "sm4", "sm2", "rand"};

typedef struct options {
    const char *only[MAX_NAMES];
    size_t only_count;
    const char *backend[GMPKI_ALGORITHM_COUNT];
    unsigned budget_ms;
    int processor;
    int list;
    int fastest;
    int ours;
    int json;
    int once;
} options;

void bench_add(const bench_case *one) {
    if (case_count == BENCH_MAX_CASES) {
        fprintf(stderr, "bench_core: more cases than BENCH_MAX_CASES\n");
        exit(2);
    }
    cases[case_count++] = *one;
}

void bench_add_sized(const bench_case *one, size_t number) {
    static char names[BENCH_MAX_CASES][48];
    bench_case named = *one;
    (void)snprintf(names[case_count], sizeof names[0], "%s_%zu", one->operation, number);
    named.operation = names[case_count];
    bench_add(&named);
}

static int wanted(const options *o, const bench_case *one) {
    if (o->ours && strcmp(one->implementation, "gmpki") != 0) {
        return 0;
    }
    for (size_t i = 0; i < o->only_count; i++) {
        if (strncmp(one->operation, o->only[i], strlen(o->only[i])) == 0) {
            return 1;
        }
    }
    return o->only_count == 0;
}

static void print_machine(const options *o) {
    const char *openssl = "", *gcrypt = "";
#ifdef BENCH_OPENSSL
    openssl = peer_openssl_version();
#endif
#ifdef BENCH_GCRYPT
    gcrypt = peer_gcrypt_version();
#endif
    double per_second = bench_ticks_per_second(), core = bench_core_cycles_per_tick();
    if (o->json) {
        printf("{\"unit\": \"%s\", \"ticks_per_second\": %.0f, \"core_cycles_per_tick\": %.3f, \"gmpki\": \"%s\", "
               "\"compiler\": \"%s\", \"openssl\": \"%s\", \"libgcrypt\": \"%s\"}\n",
               bench_unit(), per_second, core, gmpki_version(), BENCH_COMPILER, openssl, gcrypt);
    } else {
        printf("unit: %s, %.0f million a second, %.2f cycles of the core each\n", bench_unit(), per_second / 1e6, core);
        printf("peers: OpenSSL %s, libgcrypt %s\n", *openssl ? openssl : "absent", *gcrypt ? gcrypt : "absent");
    }
}

static void print_result(const options *o, const bench_case *one, const char *backend, const bench_result *result) {
    double bytes = (double)one->data_len;
    if (o->json) {
        printf("{\"operation\": \"%s\", \"implementation\": \"%s\", \"backend\": \"%s\", \"data_len\": %zu, "
               "\"items\": %zu, \"min\": %.2f, \"median\": %.2f, \"samples\": %zu}\n",
               one->operation, one->implementation, backend, one->data_len, one->items, result->min, result->median,
               result->samples);
    } else {
        char name[64];
        (void)snprintf(name, sizeof name, "%s%s%s", one->implementation, *backend ? "/" : "", backend);
        printf("%-26s %-20s %12.1f min %12.1f median", one->operation, name, result->min, result->median);
        if (one->data_len != 0) {
            printf(" %9.3f per byte", result->min / bytes);
        }
        printf("  %zu samples\n", result->samples);
    }
    fflush(stdout);
}

/* One implementation on one backend; what fails is said and left out. */
static int run_case(const options *o, const bench_case *one, const char *backend) {
    bench_result result;
    int status = one->prepare == NULL ? 0 : one->prepare(one);
    if (status == 0 && o->once) {
        status = one->run(one); /* known answers, first uses */
        if (status == 0) {
            printf("%s %s %zu\n", one->operation, *backend ? backend : "-", one->items);
            fflush(stdout);
            status = bench_call(one);
        }
    } else if (status == 0) {
        status = bench_measure(&result, one, o->budget_ms);
        if (status == 0) {
            print_result(o, one, backend, &result);
        }
    }
    if (status != 0) {
        fprintf(stderr, "bench_core: %s of %s %s answered %d\n", one->operation, one->implementation, backend, status);
    }
    return status != 0;
}

/* A case of ours, on every backend that can run and is wanted. */
static int run_ours(const options *o, const bench_case *one) {
    int failures = 0, available;
    const char *name;
    for (size_t i = 0;; i++) {
        if (gmpki_backend_get(&name, &available, one->algorithm, i) != GMPKI_OK || name == NULL) {
            break;
        }
        const char *chosen = o->backend[one->algorithm];
        if (!available || (chosen != NULL && strcmp(chosen, name) != 0)) {
            continue;
        }
        if (gmpki_backend_force(one->algorithm, name) != GMPKI_OK) {
            fprintf(stderr, "bench_core: backend %s cannot be had\n", name);
            failures++;
            continue;
        }
        failures += run_case(o, one, name);
        if (o->fastest) {
            break;
        }
    }
    if (gmpki_backend_force(one->algorithm, o->backend[one->algorithm]) != GMPKI_OK) {
        failures++;
    }
    return failures;
}

static int take_backend(options *o, const char *text) {
    for (int i = 0; i < GMPKI_ALGORITHM_COUNT; i++) {
        size_t len = strlen(algorithm_names[i]);
        if (strncmp(text, algorithm_names[i], len) == 0 && text[len] == '=') {
            o->backend[i] = text + len + 1;
            return gmpki_backend_force(i, o->backend[i]) == GMPKI_OK;
        }
    }
    return 0;
}

static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        int takes_value = 0;
        if (strcmp(name, "--list") == 0) {
            o->list = 1;
        } else if (strcmp(name, "--fastest") == 0) {
            o->fastest = 1;
        } else if (strcmp(name, "--ours") == 0) {
            o->ours = 1;
        } else if (strcmp(name, "--json") == 0) {
            o->json = 1;
        } else if (strcmp(name, "--once") == 0) {
            o->once = 1;
        } else if (value == NULL) {
            return 0;
        } else if (strcmp(name, "--only") == 0 && o->only_count < MAX_NAMES) {
            o->only[o->only_count++] = value;
            takes_value = 1;
        } else if (strcmp(name, "--budget-ms") == 0) {
            o->budget_ms = (unsigned)strtoul(value, NULL, 10);
            takes_value = 1;
        } else if (strcmp(name, "--cpu") == 0) {
            o->processor = (int)strtol(value, NULL, 10);
            takes_value = 1;
        } else if (strcmp(name, "--backend") == 0 && take_backend(o, value)) {
            takes_value = 1;
        } else {
            return 0;
        }
        i += takes_value;
    }
    return 1;
}

static void register_all(void) {
    ours_sm2_register();
    ours_sm2_batch_register();
    ours_primitives_register();
#ifdef BENCH_ADX
    ours_primitives_adx_register();
#endif
    ours_sm3_register();
    ours_sm4_register();
#ifdef BENCH_OPENSSL
    peer_openssl_register();
    peer_openssl_ec_register();
#endif
#ifdef BENCH_GCRYPT
    peer_gcrypt_register();
#endif
}

int main(int argc, char **argv) {
    options o = {.budget_ms = 100, .processor = -1};
    int failures = 0;
    if (!parse(&o, argc, argv)) {
        fprintf(stderr, "bench_core: no such option, or no such backend here: the comment in main.c lists them\n");
        return 2;
    }
    bench_pin(o.processor);
    for (size_t i = 0; i < sizeof bench_in; i++) {
        bench_in[i] = (uint8_t)(i * 167 + 13);
    }
    register_all();
    if (!o.list && !o.once) {
        print_machine(&o);
    }
    for (size_t i = 0; i < case_count; i++) {
        const bench_case *one = &cases[i];
        if (!wanted(&o, one)) {
            continue;
        }
        if (o.list) {
            printf("%s %s\n", one->operation, one->implementation);
        } else if (one->algorithm == BENCH_NO_ALGORITHM) {
            failures += run_case(&o, one, one->label == NULL ? "" : one->label);
        } else {
            failures += run_ours(&o, one);
        }
    }
    return failures != 0;
}
