/* What is left without libcrypto: each case in a process of its own, because the choice is made once. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pattern.h"
#include "softtoken/crypto.h"
#include "softtoken_rsa_vectors.h"

/* SM3 and SM4 are the core's; everything else answers ST_ERR_NOT_SUPPORTED and leaves nothing behind. */
static void only_the_core(void) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    const st_rsa_public_key public_key = load_rsa_public_key(&signing_key);
    const st_oaep oaep = {ST_SHA1, ST_SHA1, NULL, 0};
    const st_pss pss = {ST_SHA1, ST_SHA1, 20};
    uint8_t data[256] = {0}, out[256];
    size_t len = sizeof out, used = 0;
    CHECK(!st_libcrypto_available() && strncmp(st_libcrypto_name(), "no libcrypto: ", 14) == 0);
    for (int algorithm = ST_SM4; algorithm <= ST_AES; algorithm++) {
        size_t key_len = algorithm == ST_DES ? 8 : 16;
        const st_cipher_spec spec = {algorithm, ST_ECB, ST_ENCRYPT, ST_NO_PADDING, 0, data, key_len, NULL, 0};
        len = sizeof out;
        CHECK(st_cipher_once(&spec, out, &len, data, 16) == (algorithm == ST_SM4 ? ST_OK : ST_ERR_NOT_SUPPORTED));
    }
    for (int algorithm = ST_SM3; algorithm <= ST_SHA512; algorithm++) {
        enum st_status expected = algorithm == ST_SM3 ? ST_OK : ST_ERR_NOT_SUPPORTED;
        st_hmac *hmac = NULL;
        CHECK(st_digest_once(algorithm, out, data, 16) == expected);
        CHECK(st_hmac_new(&hmac, algorithm, data, 16) == expected && (hmac != NULL) == (expected == ST_OK));
        st_hmac_free(hmac);
    }
    st_rsa_key made;
    CHECK(st_rsa_generate(&made, 1024) == ST_ERR_NOT_SUPPORTED && all_zero(&made, sizeof made));
    CHECK(st_rsa_check(&key) == ST_ERR_NOT_SUPPORTED && st_rsa_check_public(&public_key) == ST_OK);
    CHECK(st_rsa_decode(&made, &used, data, sizeof data) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_encode(&key, out, &len) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_raw_private(&key, out, data, 128) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_raw_public(&public_key, out, data, 128) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_pad_signature(out, 128, data, 20) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_pad_pss(&public_key, &pss, out, data, 20) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_unpad(data, 128, out, &len) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_unpad_oaep(&oaep, data, 128, out, &len) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_verify(&public_key, data, 20, data, 128) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_verify_pss(&public_key, &pss, data, 20, data, 128) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_encrypt(&public_key, out, &len, data, 20) == ST_ERR_NOT_SUPPORTED);
    CHECK(st_rsa_encrypt_oaep(&public_key, &oaep, out, &len, data, 20) == ST_ERR_NOT_SUPPORTED);
}

/* Run the checks in a child that was told which file to take; its failures are ours. */
static void with_file(const char *file, const char *in_name, void (*checks)(void)) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int told = setenv("GMPKI_LIBCRYPTO", file, 1) == 0;
        CHECK(told);
        checks();
        CHECK(strstr(st_libcrypto_name(), in_name) != NULL);
        fprintf(stderr, "%s: %lu passed, %lu failed\n", st_libcrypto_name(), checks_passed, checks_failed);
        exit(checks_failed == 0 ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Whether there is one to choose. A child looks: in this process nothing may be chosen. */
static int is_installed(void) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        _exit(st_libcrypto_available() ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return status == 0;
}

static void all_there(void) {
    uint8_t out[32];
    CHECK(st_libcrypto_available());
    CHECK(st_digest_once(ST_SHA256, out, NULL, 0) == ST_OK);
}

int main(void) {
    with_file("no-such-libcrypto.so", "no-such-libcrypto.so", only_the_core);
    with_file("libm.so.6", "lacks OpenSSL_version", only_the_core);
    if (!is_installed()) {
        leave_out("no libcrypto: the one that a file name chooses");
        return finish();
    }
    with_file("libcrypto.so.3", "OpenSSL 3", all_there);
    with_file("", "OpenSSL", all_there); /* as if it were not set */
    return finish();
}
