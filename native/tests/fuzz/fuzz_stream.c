/*
 * SM4 streaming: however the data is cut into pieces, the result is the one of a single call, and decryption gives the
 * data back. Input: mode, padding, key (16), iv (16), then pairs of a piece's length and nothing else; the rest is the
 * data.
 */
#include "fuzz.h"

#include "gmpki/sm4.h"

enum { HEADER_LEN = 2 + GMPKI_SM4_KEY_LEN + GMPKI_SM4_BLOCK_LEN + 8, MAX_LEN = 4096 };

static int run(uint8_t *out, size_t *out_len, int mode, int direction, int padding, const uint8_t *key,
               const uint8_t *iv, const uint8_t *in, size_t in_len, const uint8_t cuts[8]) {
    gmpki_sm4_ctx ctx;
    size_t written = 0;
    size_t part = 0;
    *out_len = 0;
    int status = gmpki_sm4_init(&ctx, mode, direction, padding, key, iv, mode == GMPKI_SM4_ECB ? 0 : 16);
    for (size_t i = 0, done = 0; status == GMPKI_OK && done < in_len; i++, done += part) {
        size_t cut = cuts == NULL ? in_len : (size_t)cuts[i % 8] + 1;
        part = in_len - done < cut ? in_len - done : cut;
        status = gmpki_sm4_update(&ctx, out + *out_len, MAX_LEN + 32 - *out_len, &written, in + done, part);
        *out_len += written;
    }
    if (status == GMPKI_OK) {
        status = gmpki_sm4_final(&ctx, out + *out_len, MAX_LEN + 32 - *out_len, &written);
        *out_len += written;
    }
    gmpki_sm4_clear(&ctx);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static uint8_t whole[MAX_LEN + 32], pieces[MAX_LEN + 32], back[MAX_LEN + 32];
    if (len < HEADER_LEN || len - HEADER_LEN > MAX_LEN) {
        return 0;
    }
    int mode = data[0] % 8;
    int padding = data[1] % 2;
    const uint8_t *key = data + 2;
    const uint8_t *iv = key + GMPKI_SM4_KEY_LEN;
    const uint8_t *cuts = iv + GMPKI_SM4_BLOCK_LEN;
    const uint8_t *message = data + HEADER_LEN;
    size_t message_len = len - HEADER_LEN;
    size_t whole_len, pieces_len, back_len;

    int status = run(whole, &whole_len, mode, GMPKI_SM4_ENCRYPT, padding, key, iv, message, message_len, NULL);
    REQUIRE(run(pieces, &pieces_len, mode, GMPKI_SM4_ENCRYPT, padding, key, iv, message, message_len, cuts) == status);
    if (status != GMPKI_OK) {
        return 0;
    }
    REQUIRE(whole_len == pieces_len && memcmp(whole, pieces, whole_len) == 0);
    REQUIRE(run(back, &back_len, mode, GMPKI_SM4_DECRYPT, padding, key, iv, whole, whole_len, cuts) == GMPKI_OK);
    REQUIRE(back_len == message_len && (message_len == 0 || memcmp(back, message, message_len) == 0));
    return 0;
}
