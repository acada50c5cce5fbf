/* The DRBG has one backend; what it hashes with is the active backend of SM3. */
#include <stddef.h>

#include "common/backend.h"

static const backend_info portable = {.name = "portable", .needs = 0};

const backend_info *const rand_backends[] = {&portable, NULL};
