"""classroom: the machinery of the course (build, check, measure, grade, report) and the `course` command."""
