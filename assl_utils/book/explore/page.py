"""The page to try things out: its text, its data and its still pictures."""

import html
import json
from pathlib import Path

from assl_utils.book.explore import files, question, rows_map, scripts, walk

PICTURE, MAP_PICTURE = "explore_adbscan.png", "explore_map.png"

_OPENING = """\
(explore)=
# Try it yourself

Move a slider, point at a row, type a question, and see what the method does. Everything on this page runs in your
browser and asks no other computer; the numbers were computed by the functions of the book when the book was built."""

_WALK = """\
## A-DBSCAN, step by step

{ref}`ch-adbscan` explains Algorithm 1. Here you can watch it. Each step visits one point and counts the points within
the radius ε of it, its *ball*. Where the ball holds at least MinPts points, the sub-cluster takes all of them in.
Try it: at which step does the threshold first let the wide cloud in? What happens to the wide cloud when MinPts is
never updated?

```{figure} %(picture)s
:name: fig-walk
:alt: The two clouds at four moments of the algorithm, from one small group to several coloured groups with grey noise.

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
This run, `%(run)s`, has not reached {ref}`ch-adbscan`, so there is no real cluster to walk through and no map yet: run
`make 04` and `make book`."""


_MAP = """\
## The map of the rows

Each point is one of %(rows)s training rows, where the map of {ref}`ch-clustering` puts it: rows of like meaning lie
together. Colour it by sub-task, then by cluster: which sub-tasks share a cluster? Then look at what the two stages
chose ({ref}`ch-adbscan`, {ref}`ch-scoring`). A click on a name shows only its points. In the key, a density is one of
five fifths of the rows.

```{figure} %(picture)s
:name: fig-explore-map
:alt: The training rows as points of a plane in groups of several colours, each group with the number of its cluster.

Clusters are regions of the map, and some hold several islands.
```

```{raw} html
<div class="touch" data-touch="map"></div>
```"""

_QUESTION = """\
(explore-question)=
## Where would your question go?

Type a question in Chinese. Your browser splits it into tokens, looks up their vectors in the encoder of this run, and
measures the distance to each expert, by Eq. (6) of {ref}`ch-routing`. The nearest expert is the one that would be
asked. Below you see the training rows that lie nearest, and what this expert answered to the nearest questions of
{ref}`ch-evaluation`. The encoder knows tokens, not sentences: change one word and see how far the question moves.

```{raw} html
<div class="touch" data-touch="question" data-size="%(size)s" data-examples="%(examples)s"></div>
<noscript><p>This part needs scripts, which your browser does not run.</p></noscript>
```

The encoder is kept with 16 bits a number, the %(rows)s training rows with 8. Nothing that you type leaves the page."""

_NO_ROUTER = """\
## Where would your question go?

This run, `%(run)s`, has not reached {ref}`ch-routing`, so there is no router to ask yet: run `make 07` and `make
book`."""

_OTHER_ENCODER = """\
## Where would your question go?

This run, `%(run)s`, has other data or another encoder than the embedded ones. Rows of published sources may not be
shown, and a large encoder does not fit into a page: build the book of the profile `cpu` to type a question here."""


def write(run, source):
    """Write the page, its pictures and its data from a run into the folder ``source`` of a book's sources."""
    run, source = Path(run), Path(source)
    text = "\n\n".join([_OPENING, _walk(run, source), *_map(run, source), _question(run, source)])
    (source / f"{files.NAME}.md").write_text(text + "\n", encoding="utf-8")


def _walk(run, source):
    """The part of A-DBSCAN, with the real cluster where the run has one."""
    walks, cluster = walk.of_clouds(), _NO_CLUSTER % {"run": run.name}
    if files.finished(run, files.WALK):
        walks.append(walk.of_cluster(run, show_texts=files.is_embedded(run)))
        cluster = _CLUSTER % {"what": walks[-1]["title"]}
    scripts.write("walk", walks, source)
    walk.draw(source / PICTURE)
    return _WALK % {"picture": PICTURE, "cluster": cluster}


def _map(run, source):
    """The part of the map, in a list; none where the run has no map: the part before says what to run."""
    if not files.finished(run, files.MAP):
        return []
    count = rows_map.write(run, source)
    rows_map.draw(run, source / MAP_PICTURE)
    return [_MAP % {"rows": f"{count:,}", "picture": MAP_PICTURE}]


def _question(run, source):
    """The part of the router, or why this run has none."""
    if not files.finished(run, files.QUESTION):
        return _NO_ROUTER % {"run": run.name}
    embedded = files.is_embedded(run) and files.parameters(run, files.CLUSTERING).get("encoder") == "embedded"
    about = question.write(run, source) if embedded else None
    if about is None:
        return _OTHER_ENCODER % {"run": run.name}
    examples = html.escape(json.dumps(question.examples(run), ensure_ascii=False))
    return _QUESTION % {"size": f"{about['mb']:.1f} MB", "examples": examples, "rows": f"{about['rows']:,}"}
