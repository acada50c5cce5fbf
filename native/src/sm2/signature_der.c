/* SM2Signature (GB/T 35276-2017 7.3): SEQUENCE { r INTEGER, s INTEGER }. Ranges are left to verification. */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm2/der.h"
#include "sm2/sm2.h"

int gmpki_sm2_signature_to_der(uint8_t *der, size_t der_size, size_t *der_len,
                               const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN]) {
    if (der_len != NULL) {
        *der_len = 0;
    }
    if (der == NULL || der_len == NULL || signature == NULL) {
        zero_output(der, der_size);
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM2);
    size_t contents_len = der_uint256_len(signature) + der_uint256_len(signature + 32);
    size_t len = der_element_len(contents_len);
    if (status == GMPKI_OK && len > der_size) {
        status = GMPKI_ERR_BUFFER;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(der, der_size);
        return status;
    }
    der = der_write_header(der, DER_SEQUENCE, contents_len);
    der = der_write_uint256(der, signature);
    der_write_uint256(der, signature + 32);
    *der_len = len;
    return GMPKI_OK;
}

int gmpki_sm2_signature_from_der(uint8_t signature[GMPKI_SM2_SIGNATURE_LEN], const uint8_t *der, size_t der_len) {
    if (signature == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = der == NULL && der_len != 0 ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status == GMPKI_OK) {
        der_input in = {der, der_len};
        der_input contents;
        if (!der_read(&in, DER_SEQUENCE, &contents) || !der_read_uint256(&contents, signature) ||
            !der_read_uint256(&contents, signature + 32)) {
            status = GMPKI_ERR_ENCODING;
        } else if (contents.len != 0) { /* bytes behind s, inside the SEQUENCE */
            status = GMPKI_ERR_ENCODING;
        } else if (in.len != 0) { /* bytes behind the SEQUENCE */
            status = GMPKI_ERR_ENCODING;
        }
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(signature, GMPKI_SM2_SIGNATURE_LEN);
    }
    return status;
}
