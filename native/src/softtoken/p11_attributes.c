/* Sets of attributes, templates and stored sets. */
#include "softtoken/p11_attributes.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "gmpki/common.h"

enum {
    BLOB_VERSION = 1,
    BLOB_HEADER_LEN = 3,      /* version, count (2) */
    BLOB_ITEM_HEADER_LEN = 8, /* type (4), length (4) */
    STORED_ULONG_LEN = 8
};

void st_p11_free(void *data, size_t len) {
    if (data != NULL) {
        gmpki_cleanse(data, len);
        free(data);
    }
}

void st_p11_clear(st_p11_attributes *set) {
    for (size_t i = 0; i < set->count; i++) {
        st_p11_free(set->items[i].value, set->items[i].len);
    }
    free(set->items);
    memset(set, 0, sizeof *set);
}

static st_p11_attribute *find(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].type == type) {
            return &set->items[i];
        }
    }
    return NULL;
}

/* A new item with no value; NULL without memory. */
static st_p11_attribute *add(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type) {
    if (set->count == set->room) {
        size_t room = set->room == 0 ? 16 : 2 * set->room;
        st_p11_attribute *items = realloc(set->items, room * sizeof *items);
        if (items == NULL) {
            return NULL;
        }
        set->items = items;
        set->room = room;
    }
    st_p11_attribute *item = &set->items[set->count++];
    memset(item, 0, sizeof *item);
    item->type = type;
    return item;
}

CK_RV st_p11_set(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, const void *value, size_t len) {
    uint8_t *copy = NULL;
    if (len != 0) {
        copy = malloc(len);
        if (copy == NULL) {
            return CKR_HOST_MEMORY;
        }
        memcpy(copy, value, len);
    }
    st_p11_attribute *item = find(set, type);
    if (item == NULL) {
        item = add(set, type);
    }
    if (item == NULL) {
        st_p11_free(copy, len);
        return CKR_HOST_MEMORY;
    }
    st_p11_free(item->value, item->len);
    item->value = copy;
    item->len = len;
    return CKR_OK;
}

CK_RV st_p11_set_ulong(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    return st_p11_set(set, type, &value, sizeof value);
}

CK_RV st_p11_set_bool(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, int value) {
    CK_BBOOL flag = value ? CK_TRUE : CK_FALSE;
    return st_p11_set(set, type, &flag, sizeof flag);
}

CK_RV st_p11_default(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, const void *value, size_t len) {
    return find(set, type) != NULL ? CKR_OK : st_p11_set(set, type, value, len);
}

CK_RV st_p11_default_ulong(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    return find(set, type) != NULL ? CKR_OK : st_p11_set_ulong(set, type, value);
}

CK_RV st_p11_default_bool(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, int value) {
    return find(set, type) != NULL ? CKR_OK : st_p11_set_bool(set, type, value);
}

void st_p11_remove(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type) {
    st_p11_attribute *item = find(set, type);
    if (item != NULL) {
        st_p11_free(item->value, item->len);
        *item = set->items[--set->count];
    }
}

CK_RV st_p11_merge(st_p11_attributes *target, const st_p11_attributes *source) {
    CK_RV rv = CKR_OK;
    for (size_t i = 0; i < source->count && rv == CKR_OK; i++) {
        rv = st_p11_set(target, source->items[i].type, source->items[i].value, source->items[i].len);
    }
    return rv;
}

const st_p11_attribute *st_p11_get(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type) {
    return find(set, type);
}

CK_ULONG st_p11_ulong(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise) {
    const st_p11_attribute *item = find(set, type);
    CK_ULONG value = otherwise;
    if (item != NULL && item->len == sizeof value) {
        memcpy(&value, item->value, sizeof value);
    }
    return value;
}

int st_p11_is(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type) {
    const st_p11_attribute *item = find(set, type);
    return item != NULL && item->len == sizeof(CK_BBOOL) && item->value[0] != CK_FALSE;
}

int st_p11_equals(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, const void *value, size_t len) {
    const st_p11_attribute *item = find(set, type);
    return item != NULL && item->len == len && (len == 0 || memcmp(item->value, value, len) == 0);
}

/* ---- templates --------------------------------------------------------------------------- */

/* Whether a value of this length, and for a truth value this content, is one of the kind. */
static int has_shape(const st_p11_rule *rule, const uint8_t *value, size_t len) {
    switch (rule->kind) {
    case ST_P11_BOOL:
        return len == sizeof(CK_BBOOL) && (value[0] == CK_FALSE || value[0] == CK_TRUE);
    case ST_P11_ULONG:
        return len == sizeof(CK_ULONG);
    case ST_P11_DATE:
        return len == 0 || len == sizeof(CK_DATE);
    case ST_P11_ULONGS:
        return len % sizeof(CK_ULONG) == 0;
    default:
        return 1;
    }
}

CK_RV st_p11_read_template(st_p11_attributes *set, const CK_ATTRIBUTE *items, CK_ULONG count) {
    if (count > ST_P11_ATTRIBUTES_MAX || (items == NULL && count != 0)) {
        return CKR_ARGUMENTS_BAD;
    }
    for (CK_ULONG i = 0; i < count; i++) {
        const st_p11_rule *rule = st_p11_rule_of(items[i].type);
        size_t len = items[i].ulValueLen;
        if (rule == NULL) {
            return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        if (len > ST_P11_ATTRIBUTE_LEN_MAX || (items[i].pValue == NULL && len != 0) ||
            !has_shape(rule, items[i].pValue, len)) {
            return CKR_ATTRIBUTE_VALUE_INVALID;
        }
        if (find(set, items[i].type) != NULL && !st_p11_equals(set, items[i].type, items[i].pValue, len)) {
            return CKR_TEMPLATE_INCONSISTENT;
        }
        CK_RV rv = st_p11_set(set, items[i].type, items[i].pValue, len);
        if (rv != CKR_OK) {
            return rv;
        }
    }
    return CKR_OK;
}

/* ---- stored sets ------------------------------------------------------------------------- */

/*
 * version (1), count (2), then for each attribute type (4), length (4), value; numbers big endian. A CK_ULONG, whose
 * size differs between platforms, is stored in 8 bytes; CK_UNAVAILABLE_INFORMATION, all ones here, as all ones there.
 */
static size_t stored_len(const st_p11_attribute *item, const st_p11_rule *rule) {
    int numbers = rule->kind == ST_P11_ULONG || rule->kind == ST_P11_ULONGS;
    return numbers ? item->len / sizeof(CK_ULONG) * STORED_ULONG_LEN : item->len;
}

static void store_value(uint8_t *out, const st_p11_attribute *item, const st_p11_rule *rule) {
    if (rule->kind != ST_P11_ULONG && rule->kind != ST_P11_ULONGS) {
        copy_bytes(out, item->value, item->len);
        return;
    }
    for (size_t i = 0; i < item->len / sizeof(CK_ULONG); i++) {
        CK_ULONG value;
        memcpy(&value, item->value + i * sizeof value, sizeof value);
        store_be64(out + i * STORED_ULONG_LEN, value == (CK_ULONG)-1 ? UINT64_MAX : value);
    }
}

CK_RV st_p11_encode(const st_p11_attributes *set, uint8_t **blob, size_t *len) {
    size_t total = BLOB_HEADER_LEN;
    for (size_t i = 0; i < set->count; i++) {
        const st_p11_rule *rule = st_p11_rule_of(set->items[i].type);
        if (rule == NULL) {
            return CKR_GENERAL_ERROR;
        }
        total += BLOB_ITEM_HEADER_LEN + stored_len(&set->items[i], rule);
    }
    uint8_t *out = malloc(total);
    if (out == NULL) {
        return CKR_HOST_MEMORY;
    }
    *blob = out;
    *len = total;
    out[0] = BLOB_VERSION;
    out[1] = (uint8_t)(set->count >> 8);
    out[2] = (uint8_t)set->count;
    out += BLOB_HEADER_LEN;
    for (size_t i = 0; i < set->count; i++) {
        const st_p11_rule *rule = st_p11_rule_of(set->items[i].type);
        size_t value_len = stored_len(&set->items[i], rule);
        store_be32(out, (uint32_t)set->items[i].type);
        store_be32(out + 4, (uint32_t)value_len);
        store_value(out + BLOB_ITEM_HEADER_LEN, &set->items[i], rule);
        out += BLOB_ITEM_HEADER_LEN + value_len;
    }
    return CKR_OK;
}

/* One stored value into the set. */
static CK_RV load_value(st_p11_attributes *set, const st_p11_rule *rule, const uint8_t *value, size_t len) {
    CK_ULONG numbers[ST_P11_ATTRIBUTES_MAX];
    if (rule->kind == ST_P11_ULONG || rule->kind == ST_P11_ULONGS) {
        size_t count = len / STORED_ULONG_LEN;
        if (len % STORED_ULONG_LEN != 0 || count > ST_P11_ATTRIBUTES_MAX) {
            return CKR_DEVICE_ERROR;
        }
        for (size_t i = 0; i < count; i++) {
            numbers[i] = (CK_ULONG)load_be64(value + i * STORED_ULONG_LEN);
        }
        value = (const uint8_t *)numbers;
        len = count * sizeof(CK_ULONG);
    }
    return has_shape(rule, value, len) ? st_p11_set(set, rule->type, value, len) : CKR_DEVICE_ERROR;
}

CK_RV st_p11_decode(st_p11_attributes *set, const uint8_t *blob, size_t len) {
    if (len < BLOB_HEADER_LEN || blob[0] != BLOB_VERSION) {
        return CKR_DEVICE_ERROR;
    }
    size_t count = (size_t)blob[1] << 8 | blob[2];
    if (count > ST_P11_ATTRIBUTES_MAX) {
        return CKR_DEVICE_ERROR;
    }
    blob += BLOB_HEADER_LEN;
    len -= BLOB_HEADER_LEN;
    for (size_t i = 0; i < count; i++) {
        if (len < BLOB_ITEM_HEADER_LEN) {
            return CKR_DEVICE_ERROR;
        }
        const st_p11_rule *rule = st_p11_rule_of(load_be32(blob));
        size_t value_len = load_be32(blob + 4);
        blob += BLOB_ITEM_HEADER_LEN;
        len -= BLOB_ITEM_HEADER_LEN;
        if (rule == NULL || value_len > len || value_len > ST_P11_ATTRIBUTE_LEN_MAX) {
            return CKR_DEVICE_ERROR;
        }
        CK_RV rv = load_value(set, rule, blob, value_len);
        if (rv != CKR_OK) {
            return rv;
        }
        blob += value_len;
        len -= value_len;
    }
    return len == 0 ? CKR_OK : CKR_DEVICE_ERROR;
}
