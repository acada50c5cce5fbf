/* Find libcrypto at run time. It is never closed: its functions may run until the process ends. */
#include "softtoken/libcrypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "softtoken/crypto.h"
#include "softtoken/environment.h"

static const struct symbol {
    const char *name;
    size_t offset;
} symbols[] = {
#define ST_SYMBOL(result, name, parameters) {#name, offsetof(st_libcrypto, name)},
    ST_LIBCRYPTO_FUNCTIONS(ST_SYMBOL)
#undef ST_SYMBOL
};

enum { SYMBOL_COUNT = sizeof symbols / sizeof symbols[0] };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static st_libcrypto functions;
static int available;
static char description[256];

/* Fill the table; the name of the first function that is missing, or NULL. */
static const char *resolve(void *library) {
    for (size_t i = 0; i < SYMBOL_COUNT; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (address == NULL) {
            return symbols[i].name;
        }
        /* POSIX lets an object pointer hold a function's address; C has no cast for it. */
        memcpy((char *)&functions + symbols[i].offset, &address, sizeof address);
    }
    return NULL;
}

static void use(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(description, sizeof description, "no libcrypto: %s", reason != NULL ? reason : file);
        return;
    }
    const char *missing = resolve(library);
    if (missing != NULL) {
        snprintf(description, sizeof description, "no libcrypto: %s lacks %s", file, missing);
        dlclose(library);
        return;
    }
    available = 1;
    snprintf(description, sizeof description, "%s", functions.OpenSSL_version(OPENSSL_VERSION));
}

static void find(void) {
    const char *named = st_environment("GMPKI_LIBCRYPTO");
    if (named != NULL && named[0] != '\0') {
        use(named); /* a choice is never replaced by another */
        return;
    }
    use("libcrypto.so.3");
    if (!available) {
        use("libcrypto.so.1.1");
    }
}

const st_libcrypto *st_libcrypto_get(void) {
    pthread_once(&once, find);
    return available ? &functions : NULL;
}

int st_libcrypto_available(void) {
    return st_libcrypto_get() != NULL;
}

const char *st_libcrypto_name(void) {
    pthread_once(&once, find);
    return description;
}

const EVP_MD *st_libcrypto_digest(const st_libcrypto *lib, int algorithm) {
    static const char *const names[] = {
        [ST_MD5] = "MD5", [ST_SHA1] = "SHA1", [ST_SHA256] = "SHA256", [ST_SHA384] = "SHA384", [ST_SHA512] = "SHA512",
    };
    if (algorithm <= 0 || algorithm >= (int)(sizeof names / sizeof names[0]) || names[algorithm] == NULL) {
        return NULL;
    }
    return lib->EVP_get_digestbyname(names[algorithm]);
}
