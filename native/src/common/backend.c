/* Choosing backends: by the processor, by GMPKI_BACKEND, by call. */
#include "common/backend.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/cpu.h"
#include "common/gate.h"

static const struct {
    const char *name;
    const backend_info *const *backends;
} algorithms[GMPKI_ALGORITHM_COUNT] = {
    [GMPKI_SM3] = {"sm3", sm3_backends},
    [GMPKI_SM4] = {"sm4", sm4_backends},
    [GMPKI_SM2] = {"sm2", sm2_backends},
    [GMPKI_RAND] = {"rand", rand_backends},
};

static _Atomic(const backend_info *) active[GMPKI_ALGORITHM_COUNT];

static int can_run(const backend_info *backend) {
    return (cpu_features() & backend->needs) == backend->needs;
}

static const backend_info *fastest(int algorithm) {
    const backend_info *const *b = algorithms[algorithm].backends;
    while (!can_run(*b)) {
        b++;
    }
    return *b;
}

/* The backend of that name (name_len bytes, not ended by NUL), or NULL when there is none or it cannot run here. */
static const backend_info *find(int algorithm, const char *name, size_t name_len) {
    for (const backend_info *const *b = algorithms[algorithm].backends; *b != NULL; b++) {
        if (strlen((*b)->name) == name_len && memcmp((*b)->name, name, name_len) == 0) {
            return can_run(*b) ? *b : NULL;
        }
    }
    return NULL;
}

/*
 * Read GMPKI_BACKEND for one algorithm: *chosen stays NULL when it says nothing about it. The whole text is checked
 * each time, so that a misspelt algorithm is an error of every algorithm.
 */
static int from_environment(int algorithm, const backend_info **chosen) {
    const char *entry = getenv("GMPKI_BACKEND");
    while (entry != NULL && *entry != '\0') {
        size_t entry_len = strcspn(entry, ",");
        const char *sign = memchr(entry, '=', entry_len);
        if (sign == NULL) {
            return GMPKI_ERR_BACKEND;
        }
        size_t name_len = (size_t)(sign - entry);
        int named = 0;
        while (named < GMPKI_ALGORITHM_COUNT &&
               (strlen(algorithms[named].name) != name_len || memcmp(algorithms[named].name, entry, name_len) != 0)) {
            named++;
        }
        if (named == GMPKI_ALGORITHM_COUNT) {
            return GMPKI_ERR_BACKEND;
        }
        if (named == algorithm) {
            *chosen = find(algorithm, sign + 1, entry_len - name_len - 1);
            if (*chosen == NULL) {
                return GMPKI_ERR_BACKEND;
            }
        }
        entry += entry_len;
        entry += *entry == ',' ? 1 : 0;
    }
    return GMPKI_OK;
}

const backend_info *backend_current(int algorithm) {
    return atomic_load_explicit(&active[algorithm], memory_order_acquire);
}

int backend_resolve(int algorithm) {
    if (backend_current(algorithm) != NULL) {
        return GMPKI_OK;
    }
    const backend_info *chosen = NULL;
    int status = from_environment(algorithm, &chosen);
    if (status != GMPKI_OK) {
        return status;
    }
    if (chosen == NULL) {
        chosen = fastest(algorithm);
    }
    const backend_info *none = NULL;
    atomic_compare_exchange_strong(&active[algorithm], &none, chosen);
    return GMPKI_OK;
}

static int is_algorithm(int algorithm) {
    return algorithm >= 0 && algorithm < GMPKI_ALGORITHM_COUNT;
}

int gmpki_backend_get(const char **name, int *available, int algorithm, size_t index) {
    if (name != NULL) {
        *name = NULL;
    }
    if (available != NULL) {
        *available = 0;
    }
    if (name == NULL || available == NULL || !is_algorithm(algorithm)) {
        return GMPKI_ERR_ARGUMENT;
    }
    const backend_info *const *b = algorithms[algorithm].backends;
    for (size_t i = 0; b[i] != NULL; i++) {
        if (i == index) {
            *name = b[i]->name;
            *available = can_run(b[i]);
        }
    }
    return GMPKI_OK;
}

int gmpki_backend_active(const char **name, int algorithm) {
    if (name == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    *name = NULL;
    int status = is_algorithm(algorithm) ? gate(algorithm) : GMPKI_ERR_ARGUMENT;
    if (status == GMPKI_OK) {
        *name = backend_current(algorithm)->name;
    }
    return status;
}

int gmpki_backend_force(int algorithm, const char *name) {
    if (!is_algorithm(algorithm)) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gmpki_selftest_state();
    if (status != GMPKI_OK) {
        return status;
    }
    const backend_info *chosen = name == NULL ? fastest(algorithm) : find(algorithm, name, strlen(name));
    if (chosen == NULL) {
        return GMPKI_ERR_BACKEND;
    }
    atomic_store_explicit(&active[algorithm], chosen, memory_order_release);
    return gate_test(algorithm);
}
