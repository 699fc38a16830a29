"""The page with the things to touch: its text, its data and its still pictures."""

from pathlib import Path

from assl_utils import store
from assl_utils.book.explore import files, scripts, walk

PICTURE = "explore_adbscan.png"

_OPENING = """\
(explore)=
# Things to touch

Move a slider, type a question, and see what the method does with it. Everything on this page runs in your browser and
asks no other computer; the numbers were computed by the functions of the book when the book was built."""

_WALK = """\
## A-DBSCAN, step by step

{ref}`ch-adbscan` explains Algorithm 1. Here you can watch it. Each step visits one point and counts the points within
$\\varepsilon$ of it, its *ball*. Where the ball holds at least MinPts points, the sub-cluster takes all of them in.
Try it: at which step does the threshold first let the wide cloud in? What happens to the wide cloud when MinPts is
never updated?

```{figure} %(picture)s
:name: fig-walk
:alt: The two clouds at four moments of the algorithm, from a first small group to two coloured clouds with grey noise.

The sub-clusters grow from the densest points outwards; the circle is the ball of the point that was visited last.
```

```{raw} html
<div class="touch" data-touch="walk"></div>
```

%(cluster)s"""

_CLUSTER = """\
The third choice is a real cluster: %(what)s. Its vectors have too many dimensions for a picture, so the points lie
where the map of {ref}`ch-clustering` puts them. There a ball is no circle: lines lead to the points that it holds."""

_NO_CLUSTER = """\
This run, `%(run)s`, has not reached {ref}`ch-adbscan`, so there is no real cluster to walk through yet: run `make 04`
and `make book`."""


def write(run, source):
    """Write the page, its pictures and its data from a run into the folder ``source`` of a book's sources."""
    run, source = Path(run), Path(source)
    walks, cluster = walk.of_clouds(), _NO_CLUSTER % {"run": run.name}
    if files.finished(run, files.WALK):
        walks.append(walk.of_cluster(run, show_texts=is_embedded(run)))
        cluster = _CLUSTER % {"what": walks[-1]["title"]}
    scripts.write("walk", walks, source)
    walk.draw(source / PICTURE)
    blocks = [_OPENING, _WALK % {"picture": PICTURE, "cluster": cluster}]
    (source / f"{files.NAME}.md").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def is_embedded(run):
    """Whether a run's rows are the embedded corpus, whose texts are the project's own and may be shown."""
    path = files.manifest(run, files.DATA)
    return path.is_file() and store.read_json(path)["parameters"].get("data") == "embedded"
