/* What the environment says, as far as it may be heard. */
#ifndef GMPKI_SOFTTOKEN_ENVIRONMENT_H
#define GMPKI_SOFTTOKEN_ENVIRONMENT_H

/* The value of a variable; NULL when there is none, or when the program has more rights than whoever started it
 * (setuid, setgid, file capabilities): then the environment is the caller's, and the files it would name too. */
const char *st_environment(const char *name);

#endif /* GMPKI_SOFTTOKEN_ENVIRONMENT_H */
