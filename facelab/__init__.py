"""facelab: what the lessons of the course have built, one module a topic.

It knows nothing of notebooks (but for `facelab.notebook`) and nothing of grading: arrays in, arrays out.
"""

from facelab.tables import published, results

__all__ = ["published", "results"]
