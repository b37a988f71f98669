"""Kernels for code that nobody trusts: Jupyter kernels in bubblewrap, forked from a process that is warm already.

`zygote` runs inside bubblewrap and forks; `warm` starts it and asks it for kernels; `provisioner` makes them known to
Jupyter, so that `course class grade` and plain nbgrader use the same sandbox. What it keeps away from answers: the
network, the file system but for the system's and the environment's programs (read-only), the processes and files of
everybody else, and more memory, processes, time and disk than a notebook needs. docs/threat-model.md says what is left.
"""
