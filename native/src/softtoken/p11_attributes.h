/*
 * Attributes of PKCS#11 objects: a set that owns its values, the table of what each attribute is, templates in, and
 * the bytes under which a set is stored.
 */
#ifndef GMPKI_SOFTTOKEN_P11_ATTRIBUTES_H
#define GMPKI_SOFTTOKEN_P11_ATTRIBUTES_H

#include <stddef.h>
#include <stdint.h>

#include "gmpki/pkcs11.h"

enum {
    ST_P11_ATTRIBUTES_MAX = 64,      /* in one object or template */
    ST_P11_ATTRIBUTE_LEN_MAX = 16384 /* bytes of one value: what the engine stores of a whole object */
};

/* How a value is written. */
enum st_p11_kind { ST_P11_BYTES, ST_P11_BOOL, ST_P11_ULONG, ST_P11_DATE, ST_P11_ULONGS };

/* Classes of objects as bits. */
enum st_p11_class {
    ST_P11_DATA = 1,
    ST_P11_CERTIFICATE = 2,
    ST_P11_PUBLIC = 4,
    ST_P11_PRIVATE = 8,
    ST_P11_SECRET = 16,
    ST_P11_KEYS = ST_P11_PUBLIC | ST_P11_PRIVATE | ST_P11_SECRET,
    ST_P11_ALL = 31
};

/* What a caller may do with an attribute. */
enum st_p11_use {
    ST_P11_GIVEN = 1,    /* stands in a template that makes an object */
    ST_P11_CHANGED = 2,  /* C_SetAttributeValue may change it */
    ST_P11_GUARDED = 4,  /* of private and secret keys: not to be read unless the key allows it */
    ST_P11_COPY_ONLY = 8 /* C_CopyObject may give another value */
};

typedef struct st_p11_rule {
    CK_ATTRIBUTE_TYPE type;
    uint8_t kind;    /* enum st_p11_kind */
    uint8_t classes; /* enum st_p11_class */
    uint8_t use;     /* enum st_p11_use */
} st_p11_rule;

/* The rule of an attribute; NULL when this token does not know it. */
const st_p11_rule *st_p11_rule_of(CK_ATTRIBUTE_TYPE type);

/* The bit of a class; 0 for a class this token does not have. */
unsigned st_p11_class_bit(CK_OBJECT_CLASS object_class);

typedef struct st_p11_attribute {
    CK_ATTRIBUTE_TYPE type;
    size_t len;
    uint8_t *value; /* its own; NULL when len is 0 */
} st_p11_attribute;

/* All zeros is an empty set. */
typedef struct st_p11_attributes {
    st_p11_attribute *items;
    size_t count, room;
} st_p11_attributes;

/* Forget everything, cleansed. */
void st_p11_clear(st_p11_attributes *set);

/* Set an attribute, whether it was there or not. CKR_HOST_MEMORY. */
CK_RV st_p11_set(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
CK_RV st_p11_set_ulong(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
CK_RV st_p11_set_bool(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, int value);
/* Set what is not there yet. */
CK_RV st_p11_default(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
CK_RV st_p11_default_ulong(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
CK_RV st_p11_default_bool(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, int value);
void st_p11_remove(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type);

/* Set in target everything that stands in source. */
CK_RV st_p11_merge(st_p11_attributes *target, const st_p11_attributes *source);

/* NULL when it is not there. */
const st_p11_attribute *st_p11_get(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type);
CK_ULONG st_p11_ulong(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise);
/* 1 when the attribute is there and true. */
int st_p11_is(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type);
/* 1 when the attribute is there with this value. */
int st_p11_equals(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);

/*
 * Read a caller's template into an empty set. CKR_ARGUMENTS_BAD for NULL where there is something,
 * CKR_ATTRIBUTE_TYPE_INVALID for an attribute this token does not know, CKR_ATTRIBUTE_VALUE_INVALID for a length or
 * value that it cannot have, CKR_TEMPLATE_INCONSISTENT for one that stands twice with different values.
 */
CK_RV st_p11_read_template(st_p11_attributes *set, const CK_ATTRIBUTE *items, CK_ULONG count);

/* The set as bytes, the same on every platform; the caller frees *blob with st_p11_free. */
CK_RV st_p11_encode(const st_p11_attributes *set, uint8_t **blob, size_t *len);
/* The reverse, into an empty set. CKR_DEVICE_ERROR for bytes that are no set. */
CK_RV st_p11_decode(st_p11_attributes *set, const uint8_t *blob, size_t len);

/* Cleanse and free; NULL may be freed. */
void st_p11_free(void *data, size_t len);

#endif /* GMPKI_SOFTTOKEN_P11_ATTRIBUTES_H */
