/* Containers as objects: what a container says itself, and what PKCS#11 keeps beside it. */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "gmpki/sm3.h"
#include "softtoken/p11_object.h"

/* ---- attributes by nature ---------------------------------------------------------------- */

/* The object identifier 1.2.156.10197.1.301 in DER. */
static const uint8_t sm2_params[] = {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};

enum { POINT_LEN = 64, EC_POINT_LEN = 67 };

CK_RV st_p11_mark(const st_public_key *key, uint8_t mark[ST_P11_MARK_LEN]) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    const uint8_t *data = key->kind == ST_SM2 ? key->point : key->rsa.n;
    size_t len = key->kind == ST_SM2 ? POINT_LEN : key->rsa.bits / 8;
    if (gmpki_sm3_hash(digest, data, len) != GMPKI_OK) {
        return CKR_FUNCTION_FAILED;
    }
    memcpy(mark, digest, ST_P11_MARK_LEN);
    return CKR_OK;
}

/* CKA_EC_POINT is the DER OCTET STRING of 04, x, y (2.40 mechanisms, 2.3.3). */
static CK_RV set_sm2_material(st_p11_attributes *set, const uint8_t point[POINT_LEN]) {
    uint8_t encoded[EC_POINT_LEN] = {0x04, 0x41, 0x04};
    memcpy(encoded + 3, point, POINT_LEN);
    CK_RV rv = st_p11_set_ulong(set, CKA_KEY_TYPE, CKK_GMPKI_SM2);
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_EC_PARAMS, sm2_params, sizeof sm2_params);
    }
    return rv == CKR_OK ? st_p11_set(set, CKA_EC_POINT, encoded, sizeof encoded) : rv;
}

static CK_RV set_rsa_material(st_p11_attributes *set, const st_rsa_public_key *key, CK_OBJECT_CLASS object_class) {
    size_t zeros = 0;
    while (zeros < sizeof key->e - 1 && key->e[zeros] == 0) {
        zeros++;
    }
    CK_RV rv = st_p11_set_ulong(set, CKA_KEY_TYPE, CKK_RSA);
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_MODULUS, key->n, key->bits / 8);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_PUBLIC_EXPONENT, key->e + zeros, sizeof key->e - zeros);
    }
    if (rv == CKR_OK && object_class == CKO_PUBLIC_KEY) {
        rv = st_p11_set_ulong(set, CKA_MODULUS_BITS, key->bits);
    }
    return rv;
}

CK_RV st_p11_set_public_material(st_p11_attributes *set, const st_public_key *key, CK_OBJECT_CLASS object_class) {
    return key->kind == ST_SM2 ? set_sm2_material(set, key->point) : set_rsa_material(set, &key->rsa, object_class);
}

/* ---- what is kept beside ----------------------------------------------------------------- */

/* mark, flags (1), then for each set its length (4) and its bytes. */
enum { HIDDEN = 1, SETS = 3, HEADER_LEN = ST_P11_MARK_LEN + 1, SET_HEADER_LEN = 4 };

/* Never stored: what follows from key or certificate, and what is secret. */
static const CK_ATTRIBUTE_TYPE left_out[] = {
    CKA_CLASS,       CKA_TOKEN,        CKA_KEY_TYPE,        CKA_VALUE,
    CKA_MODULUS,     CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT,
    CKA_PRIME_1,     CKA_PRIME_2,      CKA_EXPONENT_1,      CKA_EXPONENT_2,
    CKA_COEFFICIENT, CKA_EC_PARAMS,    CKA_EC_POINT,        CKA_CERTIFICATE_TYPE,
};

st_p11_attributes *st_p11_extra_of(st_p11_extra *extra, CK_OBJECT_CLASS object_class) {
    return object_class == CKO_PUBLIC_KEY    ? &extra->public_key
           : object_class == CKO_PRIVATE_KEY ? &extra->private_key
                                             : &extra->certificate;
}

void st_p11_forget_empty_names(st_p11_attributes *set) {
    static const CK_ATTRIBUTE_TYPE names[] = {CKA_LABEL, CKA_ID};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const st_p11_attribute *item = st_p11_get(set, names[i]);
        if (item != NULL && item->len == 0) {
            st_p11_remove(set, names[i]);
        }
    }
}

void st_p11_extra_clear(st_p11_extra *extra) {
    st_p11_clear(&extra->public_key);
    st_p11_clear(&extra->private_key);
    st_p11_clear(&extra->certificate);
}

static CK_RV parse_extra(st_p11_extra *extra, const uint8_t *blob, size_t len) {
    st_p11_attributes *sets[SETS] = {&extra->public_key, &extra->private_key, &extra->certificate};
    if (len < HEADER_LEN) {
        return CKR_DEVICE_ERROR;
    }
    memcpy(extra->mark, blob, ST_P11_MARK_LEN);
    extra->public_hidden = (blob[ST_P11_MARK_LEN] & HIDDEN) != 0;
    blob += HEADER_LEN;
    len -= HEADER_LEN;
    for (int i = 0; i < SETS; i++) {
        if (len < SET_HEADER_LEN || load_be32(blob) > len - SET_HEADER_LEN) {
            return CKR_DEVICE_ERROR;
        }
        size_t set_len = load_be32(blob);
        CK_RV rv = st_p11_decode(sets[i], blob + SET_HEADER_LEN, set_len);
        if (rv != CKR_OK) {
            return rv;
        }
        blob += SET_HEADER_LEN + set_len;
        len -= SET_HEADER_LEN + set_len;
    }
    return len == 0 ? CKR_OK : CKR_DEVICE_ERROR;
}

CK_RV st_p11_extra_load(const st_p11_slot *slot, uint32_t container, int usage, st_p11_extra *extra) {
    memset(extra, 0, sizeof *extra);
    size_t len = ST_BLOB_MAX;
    uint8_t *blob = malloc(len);
    if (blob == NULL) {
        return CKR_HOST_MEMORY;
    }
    CK_RV rv = st_p11_status(st_attributes_get(slot->device, slot->application, container, usage, blob, &len));
    if (rv == CKR_OK && len != 0) {
        rv = parse_extra(extra, blob, len);
    }
    free(blob);
    return rv;
}

static CK_RV encode_kept(const st_p11_attributes *set, uint8_t **blob, size_t *len) {
    st_p11_attributes kept = {0};
    CK_RV rv = st_p11_merge(&kept, set);
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        st_p11_remove(&kept, left_out[i]);
    }
    if (rv == CKR_OK) {
        rv = st_p11_encode(&kept, blob, len);
    }
    st_p11_clear(&kept);
    return rv;
}

CK_RV st_p11_extra_save(const st_p11_slot *slot, uint32_t container, int usage, const st_p11_extra *extra) {
    const st_p11_attributes *sets[SETS] = {&extra->public_key, &extra->private_key, &extra->certificate};
    uint8_t *blob = malloc(ST_BLOB_MAX);
    if (blob == NULL) {
        return CKR_HOST_MEMORY;
    }
    size_t total = HEADER_LEN;
    memcpy(blob, extra->mark, ST_P11_MARK_LEN);
    blob[ST_P11_MARK_LEN] = extra->public_hidden ? HIDDEN : 0;
    CK_RV rv = CKR_OK;
    for (int i = 0; i < SETS && rv == CKR_OK; i++) {
        uint8_t *encoded = NULL;
        size_t len = 0;
        rv = encode_kept(sets[i], &encoded, &len);
        if (rv == CKR_OK && len > ST_BLOB_MAX - SET_HEADER_LEN - total) {
            rv = CKR_DEVICE_MEMORY;
        }
        if (rv == CKR_OK) {
            store_be32(blob + total, (uint32_t)len);
            memcpy(blob + total + SET_HEADER_LEN, encoded, len);
            total += SET_HEADER_LEN + len;
        }
        st_p11_free(encoded, len);
    }
    if (rv == CKR_OK) {
        rv = st_p11_status(st_attributes_set(slot->device, slot->application, container, usage, blob, total));
    }
    free(blob);
    return rv;
}

/* ---- objects ----------------------------------------------------------------------------- */

/* One flag of an object by default. */
typedef struct flag {
    CK_ATTRIBUTE_TYPE type;
    int signing, encryption; /* its value for each usage */
} flag;

/* As SKF uses the pairs: what it signs with, and what it decrypts with. A signing key also opens the envelope in which
 * the encryption key comes. */
static const flag public_flags[] = {
    {CKA_VERIFY, 1, 0}, {CKA_ENCRYPT, 0, 1}, {CKA_WRAP, 1, 1}, {CKA_DERIVE, 0, 0}, {CKA_VERIFY_RECOVER, 0, 0},
};
static const flag private_flags[] = {
    {CKA_SIGN, 1, 0},         {CKA_DECRYPT, 0, 1}, {CKA_UNWRAP, 1, 1},           {CKA_DERIVE, 1, 1},
    {CKA_SIGN_RECOVER, 0, 0}, {CKA_LOCAL, 1, 0},   {CKA_ALWAYS_SENSITIVE, 1, 0}, {CKA_NEVER_EXTRACTABLE, 1, 0},
};

static CK_RV set_flags(st_p11_attributes *set, const flag *flags, size_t count, int usage) {
    CK_RV rv = CKR_OK;
    for (size_t i = 0; i < count && rv == CKR_OK; i++) {
        rv = st_p11_set_bool(set, flags[i].type, usage == ST_SIGNING ? flags[i].signing : flags[i].encryption);
    }
    return rv;
}

/* What every object of a container has, whatever was set since. */
static CK_RV set_common(st_p11_attributes *set, const st_p11_object *object, const char *name) {
    CK_RV rv = st_p11_set_ulong(set, CKA_CLASS, object->object_class);
    if (rv == CKR_OK) {
        rv = st_p11_set_bool(set, CKA_TOKEN, 1);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set_bool(set, CKA_PRIVATE, object->object_class == CKO_PRIVATE_KEY);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_LABEL, name, strlen(name));
    }
    return rv == CKR_OK ? st_p11_set(set, CKA_ID, object->mark, sizeof object->mark) : rv;
}

/* The name and the CKA_ID that the private key was given are those of its companions, unless they have their own. */
static CK_RV take_names(st_p11_attributes *set, const st_p11_attributes *private_key) {
    static const CK_ATTRIBUTE_TYPE names[] = {CKA_LABEL, CKA_ID};
    CK_RV rv = CKR_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && rv == CKR_OK; i++) {
        const st_p11_attribute *item = st_p11_get(private_key, names[i]);
        rv = item != NULL ? st_p11_set(set, names[i], item->value, item->len) : CKR_OK;
    }
    return rv;
}

/* What the public key of a pair is for follows from what its private key was said to be for. */
static CK_RV set_counterparts(st_p11_attributes *set, const st_p11_attributes *private_key) {
    static const struct {
        CK_ATTRIBUTE_TYPE of_private, of_public;
    } pairs[] = {{CKA_SIGN, CKA_VERIFY}, {CKA_DECRYPT, CKA_ENCRYPT}, {CKA_UNWRAP, CKA_WRAP}};
    CK_RV rv = CKR_OK;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0] && rv == CKR_OK; i++) {
        if (st_p11_get(private_key, pairs[i].of_private) != NULL) {
            rv = st_p11_set_bool(set, pairs[i].of_public, st_p11_is(private_key, pairs[i].of_private));
        }
    }
    return rv;
}

/* Attributes of a key object: defaults, what was kept, and what a container cannot be otherwise. */
static CK_RV key_attributes(st_p11_object *object, const st_public_key *key, const char *name, st_p11_extra *extra) {
    const st_p11_attributes *kept = st_p11_extra_of(extra, object->object_class);
    st_p11_attributes *set = &object->attributes;
    int is_public = object->object_class == CKO_PUBLIC_KEY;
    CK_RV rv = set_common(set, object, name);
    if (rv == CKR_OK && is_public) {
        rv = set_flags(set, public_flags, sizeof public_flags / sizeof public_flags[0], object->usage);
    } else if (rv == CKR_OK) {
        rv = set_flags(set, private_flags, sizeof private_flags / sizeof private_flags[0], object->usage);
    }
    if (rv == CKR_OK) {
        rv = take_names(set, &extra->private_key);
    }
    if (rv == CKR_OK && is_public) {
        rv = set_counterparts(set, &extra->private_key);
    }
    if (rv == CKR_OK) {
        rv = st_p11_merge(set, kept);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set_public_material(set, key, object->object_class);
    }
    if (rv == CKR_OK && !is_public) {
        rv = st_p11_set_bool(set, CKA_SENSITIVE, 1);
    }
    if (rv == CKR_OK && !is_public) {
        rv = st_p11_set_bool(set, CKA_EXTRACTABLE, 0);
    }
    return rv == CKR_OK ? st_p11_complete(set) : rv;
}

static CK_RV show_key(st_p11_slot *slot, st_p11_object *object, const st_public_key *key, const char *name,
                      st_p11_extra *extra, st_p11_take *take) {
    CK_RV rv = key_attributes(object, key, name, extra);
    if (rv == CKR_OK) {
        rv = take(slot, object);
    }
    st_p11_clear(&object->attributes);
    return rv;
}

static CK_RV show_pair(st_p11_slot *slot, uint32_t container, int usage, const char *name, st_p11_extra *extra,
                       st_p11_take *take) {
    st_p11_object object = {.origin = ST_P11_IN_CONTAINER, .id = container, .usage = usage};
    st_public_key key;
    CK_RV rv = st_p11_status(st_key_public(slot->device, slot->application, container, usage, &key));
    if (rv == CKR_OK) {
        rv = st_p11_mark(&key, object.mark);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    if (memcmp(extra->mark, object.mark, sizeof object.mark) != 0) { /* kept for a pair that was replaced */
        st_p11_clear(&extra->public_key);
        st_p11_clear(&extra->private_key);
        extra->public_hidden = 0;
    }
    if (!extra->public_hidden) {
        object.object_class = CKO_PUBLIC_KEY;
        rv = show_key(slot, &object, &key, name, extra, take);
    }
    if (rv == CKR_OK && slot->login == CKU_USER) {
        object.object_class = CKO_PRIVATE_KEY;
        rv = show_key(slot, &object, &key, name, extra, take);
    }
    return rv;
}

static CK_RV certificate_attributes(st_p11_object *object, const uint8_t *der, size_t len, const char *name,
                                    const st_p11_extra *extra) {
    st_p11_certificate certificate;
    st_p11_attributes *set = &object->attributes;
    CK_RV rv = st_p11_certificate_read(&certificate, der, len);
    int readable = rv == CKR_OK;
    if (readable && certificate.has_mark) {
        memcpy(object->mark, certificate.mark, sizeof object->mark);
    }
    rv = set_common(set, object, name);
    if (rv == CKR_OK && memcmp(extra->mark, object->mark, sizeof object->mark) == 0) {
        rv = take_names(set, &extra->private_key);
    }
    if (rv == CKR_OK) {
        rv = st_p11_merge(set, &extra->certificate);
    }
    if (rv == CKR_OK && readable) {
        rv = st_p11_set_certificate_names(set, &certificate);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set_ulong(set, CKA_CERTIFICATE_TYPE, CKC_X_509);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_VALUE, der, len);
    }
    return rv == CKR_OK ? st_p11_complete(set) : rv;
}

static CK_RV show_certificate(st_p11_slot *slot, uint32_t container, int usage, const char *name,
                              const st_p11_extra *extra, st_p11_take *take) {
    st_p11_object object = {
        .origin = ST_P11_IN_CONTAINER, .id = container, .usage = usage, .object_class = CKO_CERTIFICATE};
    size_t len = ST_CERTIFICATE_MAX;
    uint8_t *der = malloc(len);
    if (der == NULL) {
        return CKR_HOST_MEMORY;
    }
    CK_RV rv = st_p11_status(st_certificate_get(slot->device, slot->application, container, usage, der, &len));
    if (rv == CKR_OK) {
        rv = certificate_attributes(&object, der, len, name, extra);
    }
    if (rv == CKR_OK) {
        rv = take(slot, &object);
    }
    st_p11_clear(&object.attributes);
    free(der);
    return rv;
}

CK_RV st_p11_container_objects(st_p11_slot *slot, uint32_t container, st_p11_take *take) {
    st_container_info info;
    enum st_status status = st_container_get_info(slot->device, slot->application, container, &info);
    if (status != ST_OK) { /* deleted by another process since it was listed */
        return status == ST_ERR_NO_CONTAINER ? CKR_OK : st_p11_status(status);
    }
    CK_RV rv = CKR_OK;
    for (int usage = ST_SIGNING; usage <= ST_ENCRYPTION && rv == CKR_OK; usage++) {
        st_p11_extra extra;
        rv = st_p11_extra_load(slot, container, usage, &extra);
        if (rv == CKR_OK && info.key_kind[usage] != ST_NO_KEY) {
            rv = show_pair(slot, container, usage, info.name, &extra, take);
        }
        if (rv == CKR_OK && info.certificate_len[usage] != 0) {
            rv = show_certificate(slot, container, usage, info.name, &extra, take);
        }
        st_p11_extra_clear(&extra);
    }
    return rv;
}
