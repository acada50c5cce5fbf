/*
 * Integrity of the loaded library: HMAC-SM3, with a fixed public key, over its code and constants as mapped in memory.
 *
 * What is measured are the PT_LOAD segments that are not writable, except the one with the ELF header: that one holds
 * symbol and relocation tables, which packaging tools may rewrite. Each segment is preceded by its length in 8 bytes,
 * big endian. native/tools/integrity_embed.py computes the same over the linked file and stores the value in the
 * section gmpki_integrity. The loader changes nothing in these segments: relocations go to writable ones.
 */
#if defined(__linux__)
#define _GNU_SOURCE /* dl_iterate_phdr */
#endif

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "gmpki/sm3.h"

#if defined(__ELF__)

#include <link.h>

/* All zeros until the value is stored. volatile: the compiler must not believe the zeros. */
__attribute__((section("gmpki_integrity"), used)) static volatile uint8_t stored[GMPKI_SM3_DIGEST_LEN] = {0};

static const uint8_t public_key[] = "gmpki library integrity, version 1";

typedef struct measurement {
    gmpki_sm3_hmac_ctx mac;
    int found;
    int status;
} measurement;

static int measure_segment(measurement *m, const uint8_t *start, size_t len) {
    uint8_t prefix[8];
    store_be64(prefix, len);
    int status = gmpki_sm3_hmac_update(&m->mac, prefix, sizeof prefix);
    return status == GMPKI_OK ? gmpki_sm3_hmac_update(&m->mac, start, len) : status;
}

/* Whether the loaded object holds this very function. An exported one would not do: its address may be that of a second
 * copy of the library in the process. */
static int is_own(const struct dl_phdr_info *object) {
    uintptr_t here = (uintptr_t)is_own;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && here >= start && here - start < segment->p_memsz) {
            return 1;
        }
    }
    return 0;
}

static int measure_own(struct dl_phdr_info *object, size_t size, void *argument) {
    (void)size;
    measurement *m = argument;
    if (!is_own(object)) {
        return 0;
    }
    m->found = 1;
    for (size_t i = 0; i < object->dlpi_phnum && m->status == GMPKI_OK; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0 && segment->p_offset != 0) {
            const uint8_t *start = (const uint8_t *)(object->dlpi_addr + segment->p_vaddr);
            m->status = measure_segment(m, start, segment->p_filesz);
        }
    }
    return 1;
}

int gmpki_selftest_integrity(void) {
    uint8_t expected[GMPKI_SM3_DIGEST_LEN];
    uint8_t actual[GMPKI_SM3_DIGEST_LEN];
    measurement m = {.found = 0, .status = GMPKI_OK};

    int status = gate(GMPKI_SM3);
    if (status != GMPKI_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof expected; i++) {
        expected[i] = stored[i];
    }
    if (any_bit(expected, sizeof expected) == 0) {
        return GMPKI_ERR_UNSUPPORTED;
    }
    status = gmpki_sm3_hmac_init(&m.mac, public_key, sizeof public_key - 1);
    if (status != GMPKI_OK) {
        return status;
    }
    dl_iterate_phdr(measure_own, &m);
    status = gmpki_sm3_hmac_final(&m.mac, actual);
    if (status == GMPKI_OK) {
        status = m.found ? m.status : GMPKI_ERR_UNSUPPORTED;
    }
    if (status == GMPKI_OK && difference(actual, expected, sizeof expected) != 0) {
        gate_fail();
        status = GMPKI_ERR_SELFTEST;
    }
    return status;
}

#else

int gmpki_selftest_integrity(void) {
    return GMPKI_ERR_UNSUPPORTED;
}

#endif
