/* The environment of a program that may have more rights than its caller. */
#define _GNU_SOURCE /* secure_getenv */
#ifdef __APPLE__
#define _DARWIN_C_SOURCE /* issetugid */
#endif
#include "softtoken/environment.h"

#include <stdlib.h>
#include <unistd.h>

const char *st_environment(const char *name) {
#ifdef __linux__
    return secure_getenv(name);
#else
    return issetugid() ? NULL : getenv(name);
#endif
}
