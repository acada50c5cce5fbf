/*
 * Numbers by which other products' applications ask for SM mechanisms and keys. No standard gives any, so each product
 * chose its own; those here are what published headers of these families agree on. None was confirmed on hardware.
 */
#include <string.h>

#include "softtoken/environment.h"
#include "softtoken/p11_mechanism.h"

#define V CKM_VENDOR_DEFINED
#define SMW (V | 0x00534D57UL)
#define SW_SM2 (V + 0x8000UL)
#define SW_SM4 (V + 0xA000UL)

typedef struct alias {
    const char *family;
    CK_ULONG alias, ours;
} alias;

static const alias mechanism_aliases[] = {
    {"haitai", 0x10001UL, CKM_GMPKI_SM2_ENCRYPT},
    {"haitai", 0x10002UL, CKM_GMPKI_SM2},
    {"haitai", 0x10004UL, CKM_GMPKI_SM2_SM3},
    {"haitai", 0x10005UL, CKM_GMPKI_SM3},
    {"haitai", 0x10007UL, CKM_GMPKI_SM4_ECB},
    {"haitai", 0x10008UL, CKM_GMPKI_SM4_CBC},
    {"haitai", 0x10009UL, CKM_GMPKI_SM2_KEY_PAIR_GEN},
    {"haitai", 0x1000AUL, CKM_GMPKI_SM4_KEY_GEN},

    {"westone", V + 1, CKM_GMPKI_SM2_KEY_PAIR_GEN},
    {"westone", V + 2, CKM_GMPKI_SM2},
    {"westone", V + 3, CKM_GMPKI_SM2_KEY_PAIR_GEN}, /* the newer numbers */
    {"westone", V + 4, CKM_GMPKI_SM2},
    {"westone", V + 31, CKM_GMPKI_SM3},
    {"westone", V + 0xA001UL, CKM_GMPKI_SM3_HMAC},
    {"westone", V + 40, CKM_GMPKI_SM4_KEY_GEN},
    {"westone", V + 41, CKM_GMPKI_SM4_ECB},
    {"westone", V + 42, CKM_GMPKI_SM4_CBC},
    {"westone", V + 43, CKM_GMPKI_SM4_CBC_PAD},
    {"westone", V + 44, CKM_GMPKI_SM4_ECB_PAD},
    {"westone", V + 45, CKM_GMPKI_SM4_OFB},

    {"swpkcs11", SW_SM2 + 0x001, CKM_GMPKI_SM2_KEY_PAIR_GEN},
    {"swpkcs11", SW_SM2 + 0x100, CKM_GMPKI_SM2_SM3},
    {"swpkcs11", SW_SM2 + 0x101, CKM_GMPKI_SM2_SM3_DER},
    {"swpkcs11", SW_SM2 + 0x102, CKM_GMPKI_SM2_SM3},
    {"swpkcs11", SW_SM2 + 0x103, CKM_GMPKI_SM2_SM3_DER},
    {"swpkcs11", SW_SM2 + 0x104, CKM_GMPKI_SM2},
    {"swpkcs11", SW_SM2 + 0x105, CKM_GMPKI_SM2_DER},
    {"swpkcs11", SW_SM2 + 0x200, CKM_GMPKI_SM2_ENCRYPT},
    {"swpkcs11", SW_SM2 + 0x201, CKM_GMPKI_SM2_ENCRYPT_DER},
    {"swpkcs11", V + 0x9000UL, CKM_GMPKI_SM3},
    {"swpkcs11", SW_SM4 + 0x001, CKM_GMPKI_SM4_KEY_GEN},
    {"swpkcs11", SW_SM4 + 0x100, CKM_GMPKI_SM4_ECB},
    {"swpkcs11", SW_SM4 + 0x101, CKM_GMPKI_SM4_ECB_PAD},
    {"swpkcs11", SW_SM4 + 0x200, CKM_GMPKI_SM4_CBC},
    {"swpkcs11", SW_SM4 + 0x201, CKM_GMPKI_SM4_CBC_PAD},

    {"ibm-ep11", 0x8005000AUL, CKM_GMPKI_SM2_KEY_PAIR_GEN},
    {"ibm-ep11", 0x8005000BUL, CKM_GMPKI_SM2},
    {"ibm-ep11", 0x8005000CUL, CKM_GMPKI_SM2_SM3},
    {"ibm-ep11", 0x8005000DUL, CKM_GMPKI_SM2_ENCRYPT},
    {"ibm-ep11", 0x8005000EUL, CKM_GMPKI_SM3},
    {"ibm-ep11", 0x80050001UL, CKM_GMPKI_SM4_KEY_GEN},
    {"ibm-ep11", 0x80050004UL, CKM_GMPKI_SM4_ECB},
    {"ibm-ep11", 0x80050002UL, CKM_GMPKI_SM4_CBC},

    {"smw", SMW + 1, CKM_GMPKI_SM4_KEY_GEN},
    {"smw", SMW + 2, CKM_GMPKI_SM4_CBC},
    {"smw", SMW + 4, CKM_GMPKI_SM4_ECB},
};

static const alias key_type_aliases[] = {
    {"haitai", 0x10001UL, CKK_GMPKI_SM2},      {"haitai", 0x10002UL, CKK_GMPKI_SM4},
    {"westone", V + 1, CKK_GMPKI_SM2},         {"westone", V + 5, CKK_GMPKI_SM4},
    {"swpkcs11", V + 4, CKK_GMPKI_SM2},        {"swpkcs11", V + 6, CKK_GMPKI_SM4},
    {"swpkcs11", V + 0x106UL, CKK_GMPKI_SM4},  {"ibm-ep11", 0x80050002UL, CKK_GMPKI_SM2},
    {"ibm-ep11", 0x80050001UL, CKK_GMPKI_SM4}, {"smw", SMW + 1, CKK_GMPKI_SM4},
};

enum {
    MECHANISM_ALIASES = sizeof mechanism_aliases / sizeof mechanism_aliases[0],
    KEY_TYPE_ALIASES = sizeof key_type_aliases / sizeof key_type_aliases[0]
};

/* The place of a family in the list that is switched on, from 1; 0 when it is not in it. */
static size_t place_of(const char *family) {
    const char *list = st_environment("GMPKI_P11_ALIASES");
    size_t len = strlen(family);
    for (size_t place = 1; list != NULL && *list != 0; place++) {
        size_t item_len = strcspn(list, ",");
        if (item_len == len && strncmp(list, family, len) == 0) {
            return place;
        }
        list += item_len;
        list += *list == ',';
    }
    return 0;
}

/* What the number means, in the family that was named first among those that have it; itself when none has. */
static CK_ULONG unalias(const alias *aliases, size_t count, CK_ULONG number) {
    CK_ULONG meaning = number;
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        if (aliases[i].alias == number) {
            size_t place = place_of(aliases[i].family);
            if (place != 0 && (best == 0 || place < best)) {
                best = place;
                meaning = aliases[i].ours;
            }
        }
    }
    return meaning;
}

CK_MECHANISM_TYPE st_p11_unalias_mechanism(CK_MECHANISM_TYPE type) {
    return unalias(mechanism_aliases, MECHANISM_ALIASES, type);
}

CK_KEY_TYPE st_p11_unalias_key_type(CK_KEY_TYPE type) {
    return unalias(key_type_aliases, KEY_TYPE_ALIASES, type);
}

int st_p11_alias_at(size_t index, CK_MECHANISM_TYPE *type) {
    for (size_t i = 0; i < MECHANISM_ALIASES; i++) {
        if (place_of(mechanism_aliases[i].family) != 0 && index-- == 0) {
            *type = mechanism_aliases[i].alias;
            return 1;
        }
    }
    return 0;
}
