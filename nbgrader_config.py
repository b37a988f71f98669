"""What plain nbgrader needs to be fit for use with this course. docs/instructors.md explains each choice."""

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import GetGrades

from classroom.feedback import CensorFeedback
from classroom.grading import STUB, WRITTEN_STUB

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "face-recognition"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# A stub says in one line that it is not done; its exception shows itself without a traceback.
c.ClearSolutions.code_stub = {"python": STUB}
c.ClearSolutions.text_stub = WRITTEN_STUB

# One slow cell is stopped, and the rest of the notebook still runs.
c.Execute.timeout = 120
# What nbclient passes by itself, and less noise: a kernel need not warn that its ports are local and unencrypted.
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=40"]

# A check cell that a student deleted comes back, and runs; without this its points would stay unknown.
c.OverwriteCells.add_missing_cells = True

# Students see points, hints and their own output, and nothing that was printed while hidden checks ran.
c.GenerateFeedback.preprocessors = [GetGrades, CensorFeedback, CSSHTMLHeaderPreprocessor]
