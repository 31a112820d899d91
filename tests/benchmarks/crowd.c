/*
 * crowd COUNT: so many idle processes of different size, each with some dozens of mappings as real programs have.
 * Prints their pids on one line when all are there; they end with their parent.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAPPINGS 48
#define MAPPED_PAGES 8

static void idle(int number, pid_t parent)
{
	long page = sysconf(_SC_PAGESIZE);
	int touched = 60 + number % 41;
	char name[32];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	snprintf(name, sizeof(name), "crowd-%d", number);
	prctl(PR_SET_NAME, name);
	for (int i = 0; i < MAPPINGS; i++) {
		/* Neighbours with unlike rights stay mappings of their own. */
		int rights = PROT_READ | PROT_WRITE | (i % 2 ? PROT_EXEC : 0);
		char *memory = mmap(NULL, MAPPED_PAGES * page, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			_exit(1);
		for (int k = 0; k < MAPPED_PAGES && touched > 0; k++, touched--)
			memory[k * page] = 1;
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100;
	pid_t parent = getpid();
	int born = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; born < count; born++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			idle(born, parent);
		printf("%s%d", born ? " " : "", pid);
		fflush(stdout);
	}
	printf("\n");
	fflush(stdout);
	if (born < count)
		return 1;
	for (;;)
		pause();
}
