// SPDX-License-Identifier: Apache-2.0
// A way round a denial: a row of the catalogue. Each runs in a process of its own, in the row's folder, which holds
//   secret    the denied file, with a secret nobody can guess
//   innocent  a file nobody denies, with other text
// `prepare` runs before there is a policy; `attempt` when it is in force. Both answer with one of the results below.
#ifndef AEGIS_EVASION_WAY_H
#define AEGIS_EVASION_WAY_H

#include <stddef.h>
#include <sys/types.h>

// What the way does when nothing stops it.
enum effect {
	DISCLOSES, // the secret comes out: on stdout, or in the row's memory
	DESTROYS,  // the file, or what its name leads to, is another afterwards
	USES,      // the kernel took the file for a use of its own; `taken` in the row's memory
	RUNS,      // the denied file is a program; it ran, which prints the secret
	REACHES,   // the secret arrives at the denied address
};

// What the policy denies; the rows of one kind are tried under a policy of their own.
enum denied {
	A_FILE,     // the file `secret`, in every way
	A_PROGRAM,  // running the file `secret`; it may be read
	AN_ADDRESS, // reaching the port in the file `port`, on the loopback addresses
	TRACING,    // looking into other processes
	MODULES,    // loading kernel modules
	DENIED_COUNT
};

enum result {
	DID = 0,       // the act ran to its end
	REFUSED = 1,   // the kernel said no; the errno was told
	COULD_NOT = 3, // not tried: the kernel or the machine lacks what it takes; the reason was told
};

struct place {
	const char *folder; // absolute; also the working directory
	const char *secret; // absolute
	// Shared with the driver, which looks into it after the end: what a killed process left here has come out.
	char *memory;
	size_t memory_size;
};

struct way {
	const char *name;
	enum denied denied;
	enum effect effect;
	const char *says; // what it does, in words that follow "by"
	enum result (*prepare)(const struct place *place);
	enum result (*attempt)(const struct place *place);
};

// Adds a row; the driver finds it by the section it is in.
#define WAY_ROUND(kind, id, way_name, way_effect, way_prepare, way_attempt, way_says)                  \
	static const struct way way_##id = { way_name, kind, way_effect, way_says, way_prepare, way_attempt }; \
	static const struct way *const listed_##id                                              \
		__attribute__((used, section("aegis_ways"), aligned(sizeof(void *)))) = &way_##id

#define WAY(id, name, effect, prepare, attempt, says) WAY_ROUND(A_FILE, id, name, effect, prepare, attempt, says)

// --- what a probe tells (say.c) ---
enum result refused(void);                                  // with errno as it stands
enum result refused_with(int error);
enum result killed_by(int signal);                          // another process of the row was
enum result could_not(const char *what);                    // with errno, when it is set
enum result did(void);
enum result disclosed(const char *data, size_t size);       // data that came out
// `memory` was filled by the act; tells nothing itself, because the driver looks.
enum result filled(ssize_t size);

// --- acts that many rows share (acts.c) ---
enum result read_descriptor(const struct place *place, int descriptor); // reads into the row's memory
enum result read_opened(const struct place *place, int descriptor);     // the same; a negative one is a refusal
enum result read_path(const struct place *place, const char *path);
// The same by a child, whose death by a signal is a refusal of its own kind: `killed N`.
enum result by_child(const struct place *place, enum result (*act)(const struct place *, const char *), const char *path);
// Waits for a child and takes over how it ended.
enum result ended_as(pid_t child);
// A path in the row's folder; one of a few static buffers, in turn.
const char *in(const struct place *place, const char *name);

// A result that is not DID ends the caller.
#define TRY(expression)                                 \
	do {                                            \
		enum result result_ = (expression);     \
		if (result_ != DID)                     \
			return result_;                 \
	} while (0)

#endif
