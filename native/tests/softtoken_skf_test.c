/*
 * The SKF library through what it exports: each function does its work, refuses what is not a handle, and takes NULL
 * for an error and not for an address.
 */
#define _GNU_SOURCE

#include "softtoken_skf_crypto.h"
#include "softtoken_skf_management.h"
#include "softtoken_skf_misuse.h"
#include "softtoken_skf_rsa.h"

int main(void) {
    store_begin();
    test_empty_store();
    test_without_libcrypto();
    test_devices();
    test_authentication();
    test_events();
    test_applications();
    test_pins();
    test_files();
    test_containers();
    test_sm2_signatures();
    test_encryption_pair();
    test_ciphers();
    test_session_keys();
    test_digests_and_macs();
    test_agreement();
    test_rsa();
    test_own_algorithms();
    test_handles();
    test_nulls_without_handles();
    test_closing();
    test_handles_run_out();
    test_threads();
    test_fork();
    store_end();
    report_coverage();
    return finish();
}
