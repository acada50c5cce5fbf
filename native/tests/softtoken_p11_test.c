/* The PKCS#11 module through what it exports. */
#define _GNU_SOURCE

#include "softtoken_p11_management.h"
#include "softtoken_p11_objects.h"
#include "softtoken_p11_crypto.h"
#include "softtoken_p11_keys.h"
#include "softtoken_p11_misuse.h"

int main(void) {
    CHECK(begin_root() == 0);
    test_module();
    test_interfaces();
    test_mutex_functions();
    test_slots();
    test_token_life();
    test_pins();
    test_sessions();
    test_events();
    test_fork();
    test_pairs_in_containers();
    test_certificates();
    test_generic_objects();
    test_changes_from_outside();
    test_templates();
    test_attribute_rules();
    test_digests();
    test_macs();
    test_ciphers();
    test_sm2_signatures();
    test_sm2_encryption();
    test_exchange();
    test_envelope();
    test_rsa();
    test_wrapping();
    test_threads();
    test_handles();
    test_nulls();
    end_root();
    report_coverage();
    return finish();
}
