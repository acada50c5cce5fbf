/* Reading and writing a few DER elements. */
#include "sm2/der.h"

#include "common/bytes.h"

enum { MAX_LENGTH_BYTES = 4 };

/* A length of X.690 8.1.3 in its shortest form (10.1). 1, or 0. */
static int read_length(der_input *in, size_t *len) {
    if (in->len == 0) {
        return 0;
    }
    uint8_t first = in->data[0];
    in->data++;
    in->len--;
    if (first < 0x80) {
        *len = first;
        return 1;
    }
    size_t count = first & 0x7f;
    if (count == 0 || count > MAX_LENGTH_BYTES || count > in->len) { /* 0x80 is the indefinite form */
        return 0;
    }
    if (in->data[0] == 0) {
        return 0;
    }
    *len = 0;
    for (size_t i = 0; i < count; i++) {
        *len = *len << 8 | in->data[i];
    }
    in->data += count;
    in->len -= count;
    return *len >= 0x80;
}

int der_read(der_input *in, uint8_t tag, der_input *contents) {
    size_t len;
    if (in->len == 0 || in->data[0] != tag) {
        return 0;
    }
    in->data++;
    in->len--;
    if (!read_length(in, &len)) {
        return 0;
    }
    if (len > in->len) {
        return 0;
    }
    contents->data = in->data;
    contents->len = len;
    in->data += len;
    in->len -= len;
    return 1;
}

int der_read_uint256(der_input *in, uint8_t number[32]) {
    der_input value;
    if (!der_read(in, DER_INTEGER, &value)) {
        return 0;
    }
    if (value.len == 0) {
        return 0;
    }
    if (value.data[0] & 0x80) { /* negative */
        return 0;
    }
    if (value.data[0] == 0 && value.len > 1) {
        if (!(value.data[1] & 0x80)) { /* a zero byte too many */
            return 0;
        }
        value.data++;
        value.len--;
    }
    if (value.len > 32) {
        return 0;
    }
    memset(number, 0, 32);
    memcpy(number + 32 - value.len, value.data, value.len);
    return 1;
}

static size_t length_bytes(size_t len) {
    size_t count = 1;
    if (len >= 0x80) {
        for (; len != 0; len >>= 8) {
            count++;
        }
    }
    return count;
}

uint8_t *der_write_header(uint8_t *out, uint8_t tag, size_t len) {
    size_t count = length_bytes(len);
    *out++ = tag;
    if (count == 1) {
        *out++ = (uint8_t)len;
        return out;
    }
    *out++ = (uint8_t)(0x80 | (count - 1));
    for (size_t i = count - 1; i > 0; i--) {
        *out++ = (uint8_t)(len >> (8 * (i - 1)));
    }
    return out;
}

/* Leading zero bytes to leave out; the last byte stays. */
static size_t leading_zeros(const uint8_t number[32]) {
    size_t zeros = 0;
    while (zeros < 31 && number[zeros] == 0) {
        zeros++;
    }
    return zeros;
}

uint8_t *der_write_uint256(uint8_t *out, const uint8_t number[32]) {
    size_t zeros = leading_zeros(number);
    size_t sign = number[zeros] >> 7; /* a zero byte in front keeps it positive */
    out = der_write_header(out, DER_INTEGER, 32 - zeros + sign);
    if (sign) {
        *out++ = 0;
    }
    memcpy(out, number + zeros, 32 - zeros);
    return out + 32 - zeros;
}

size_t der_element_len(size_t len) {
    return 1 + length_bytes(len) + len;
}

size_t der_uint256_len(const uint8_t number[32]) {
    size_t zeros = leading_zeros(number);
    return der_element_len(32 - zeros + (number[zeros] >> 7));
}
