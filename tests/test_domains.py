"""A generator of two domains: real and virtual people learned from together, told apart."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from depthfaces import files, params
from depthfaces import pretrain as virtual_people
from depthfaces.errors import DataError, ParamsError
from depthfaces.export import again
from depthfaces.faces import TABLES, FaceSet
from depthfaces.few import sources
from depthfaces.few.shared import Shared
from depthfaces.gan import start, store, train
from depthfaces.gan.checkpoint import Checkpoints
from depthfaces.gan.feed import Both, Feed
from depthfaces.gan.networks import Shape, discriminator, generator, initialise
from depthfaces.gan.networks.modern import Condition
from depthfaces.gan.sample import sample
from depthfaces.gan.trained import Trained
from depthfaces.schema import Params
from stages import pretrain as stage
from stages import train as training
from tests.conftest import equal, write_params
from tests.test_train import settings

JOINT = {"subjects": 4, "frames": 2, "steps": 2, "rate": 0.5, "how": "joint", "emotions": []}
RELABEL = {"Neutral": "Anger"}  # a virtual set that shows what the real one does not, and lacks


def virtual_of(drawn: Path, **names: str) -> FaceSet:
    """Return the drawn faces upside down, with labels renamed: another domain."""
    faces = FaceSet.open(drawn)
    table = faces.table.replace({"label": names})
    return FaceSet(np.ascontiguousarray(faces.images[:, ::-1]), table)


def joined(drawn: Path, virtual: FaceSet | None, **changes: dict[str, object]) -> Trained:
    chosen = settings(**changes)
    session = train.Session(virtual=virtual)
    return train.fit(FaceSet.open(drawn), chosen.gan, chosen.kd, 3, session)


def two() -> Shape:
    return Shape(32, 3, 8, 4, domains=2)


def rendered(drawn: Path) -> Any:
    """Return what stands for rendering virtual people, who also show fear."""

    def make(_: FaceSet, __: Params, out: Path) -> FaceSet:
        shutil.copytree(drawn, out)
        table = FaceSet.open(drawn).table
        table.loc[np.flatnonzero(table["label"] == "Neutral")[::2], "label"] = "Fear"
        files.write_text(out / TABLES[0], table.to_csv(index=False, lineterminator="\n"))
        return FaceSet.open(out)

    return make


def test_both_domains_take_turns_and_have_their_own_labels(drawn: Path) -> None:
    table = FaceSet.open(drawn).table
    numbers = np.arange(len(table), dtype=np.float32)[:, None, None]
    images = np.broadcast_to(numbers, (len(table), 4, 4))
    other = table.replace({"label": RELABEL})
    rng = np.random.default_rng(0)
    feed = Both(Feed(FaceSet(images, table), rng), Feed(FaceSet(-1 - images, other), rng))
    assert feed.classes == ["Happiness", "Neutral", "Surprise", "Anger"]
    for count in (400, 7):
        faces, labels = feed.fetch(count)
        rows = faces[:, 0, 0, 0].int().numpy()
        assert (rows[::2] >= 0).all()
        assert (rows[1::2] < 0).all()
        names = np.array(feed.classes)
        assert (names[labels[::2]] == table["label"].iloc[rows[::2]]).all()
        assert (names[labels[1::2] - 4] == other["label"].iloc[-1 - rows[1::2]]).all()
    labels = feed.labels(600)
    assert set(labels[::2].tolist()) == {0, 1, 2}
    assert set(labels[1::2].tolist()) == {4, 6, 7}


def test_a_domain_adds_one_vector_to_every_emotion() -> None:
    condition = Condition(two(), 5)
    assert condition.virtual is not None
    labels = torch.tensor([0, 2, 3, 5])
    at_first = condition(labels)
    assert torch.equal(at_first[:2], at_first[2:])
    condition.virtual.data += torch.arange(5.0)
    gap = condition(labels)[2:] - condition(labels)[:2]
    assert torch.allclose(gap, torch.arange(5.0).expand(2, 5))


@pytest.mark.parametrize("make", [generator, discriminator])
def test_untaught_domains_are_one(make) -> None:  # type: ignore[no-untyped-def]
    nets = [make(Shape(32, 3, 8, 4)), make(two())]
    for net in nets:
        initialise(net, np.random.default_rng(1))
        net.eval()
    first = torch.randn((2, 1, 32, 32) if make is discriminator else (2, 8))
    plain, yours, virtual = (
        net(first, torch.tensor(labels))
        for net, labels in ((nets[0], [0, 2]), (nets[1], [0, 2]), (nets[1], [3, 5]))
    )
    assert torch.equal(plain, yours)
    assert torch.equal(plain, virtual)


def test_who_joins_is_learned_from_and_told_apart(drawn: Path) -> None:
    alone, beside = joined(drawn, None), joined(drawn, virtual_of(drawn))
    assert alone.generator.shape.domains == 1
    assert beside.generator.shape == Shape(32, 3, 8, 4, domains=2)
    for net in (beside.generator, beside.discriminator, beside.generator_teacher):
        assert net.embed.virtual.abs().sum() > 0  # type: ignore[union-attr, operator]
    assert equal(beside.generator, joined(drawn, virtual_of(drawn)).generator)
    hidden = virtual_of(drawn)
    hidden.images[hidden.table["split"] == "test"] = np.nan
    assert equal(beside.generator, joined(drawn, hidden).generator)
    assert len(beside.film[0]) == 3  # checks look at your domain


def test_emotions_only_virtual_people_show_come_after_yours(drawn: Path) -> None:
    beside = joined(drawn, virtual_of(drawn, **RELABEL))
    assert beside.generator.shape.classes == 4


def test_nets_of_one_domain_start_both_with_their_emotions_in_place(drawn: Path) -> None:
    """Their classes are sorted: Anger, Happiness, Surprise and Neutral; yours begin with three."""
    chosen, faces = settings(), FaceSet.open(drawn)
    first = virtual_of(drawn)
    first.table.loc[np.flatnonzero(first.table["label"] == "Neutral")[::2], "label"] = "Anger"
    known = train.fit(first, chosen.gan, chosen.kd, 3)
    nets = {name: getattr(known, name) for name in store.NETS}
    run = train.Run(faces, chosen.gan, chosen.kd, 3, first)
    assert run.trainer.feed.classes == ["Happiness", "Neutral", "Surprise", "Anger"]
    run.trainer.start_from(nets)
    z, order = np.random.default_rng(0).standard_normal((4, 8), np.float32), [1, 2, 3, 0]
    mine = run.trainer.nets["generator_teacher"]
    expected = sample(known.generator_teacher, z, np.array(order))
    for domain in range(2):
        assert np.array_equal(sample(mine, z, np.arange(4) + 4 * domain), expected)  # type: ignore[arg-type]


def test_reordering_reaches_below_spectral_norm() -> None:
    net = discriminator(Shape(32, 3, 8, 4, spectral=True, domains=2))
    weight = net.embed.parametrizations.weight.original  # type: ignore[union-attr]
    before = weight.detach().clone()  # type: ignore[operator]
    net.embed.reorder([2, 0, 1])  # type: ignore[union-attr, operator]
    assert torch.equal(weight, before[[2, 0, 1]])  # type: ignore[arg-type, index]


def test_a_killed_training_of_both_goes_on_to_the_same_bits(drawn: Path, tmp_path: Path) -> None:
    chosen, virtual = settings(gan={"steps": 6, "checkpoint_every": 2}), virtual_of(drawn)
    whole = joined(drawn, virtual, gan={"steps": 6})
    run = train.Run(FaceSet.open(drawn), chosen.gan, chosen.kd, 3, virtual)
    with Checkpoints(tmp_path, {}) as kept:
        for _ in range(3):
            run.advance()
        run.save(kept)
        tensors = kept.load()
    assert tensors is not None
    again = train.Run(FaceSet.open(drawn), chosen.gan, chosen.kd, 3, virtual)
    again.restore(*tensors)
    while not again.done:
        again.advance()
    assert equal(again.result().generator, whole.generator)


def test_other_people_beside_are_another_training(drawn: Path, tmp_path: Path) -> None:
    chosen, seen = settings(), set()
    for virtual in (None, virtual_of(drawn), FaceSet.open(drawn)):
        session = train.Session(tmp_path, virtual=virtual)
        with train.fitted(FaceSet.open(drawn), chosen.gan, chosen.kd, 3, session):
            seen |= {path.parent.name for path in tmp_path.glob("*/about.json")}
    assert len(seen) == 3


def test_results_of_one_domain_say_what_they_said_before_there_were_two() -> None:
    assert "domains" not in Shape(32, 3, 8, 4).described
    assert two().described["domains"] == 2
    assert set(settings().gan.described["pretrain"]) == {"subjects", "frames", "steps", "rate"}
    assert settings(gan={"pretrain": JOINT}).gan.described["pretrain"] == JOINT


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"pretrain": {**JOINT, "subjects": 0}}, "joint needs virtual people: set subjects"),
        ({"pretrain": {**JOINT, "how": "finetune", "emotions": ["Fear"]}}, "by how: joint alone"),
        ({"pretrain": JOINT, "recipe": "paper"}, "joint belongs to the modern recipe"),
        ({"pretrain": {**JOINT, "emotions": ["Wink"]}}, "emotions"),
    ],
)
def test_what_cannot_be_joined_is_refused(change: dict[str, object], line: str) -> None:
    with pytest.raises(ParamsError, match=line):
        settings(gan=change)


def test_few_people_join_the_virtual_ones(drawn: Path) -> None:
    few, chosen = FaceSet.open(drawn).split("train"), settings()
    one = sources.distil(few, chosen, Shared(None, None), 1)
    both = sources.distil(few, chosen, Shared(None, None, virtual_of(drawn)), 1)
    assert one.trained.generator.shape.domains == 1
    assert both.trained.generator.shape.domains == 2
    assert both(np.array([0, 1, 2]), 0).shape == (3, 32, 32)


def test_people_who_teach_few_stay_for_all_choices(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual_people, "make", rendered(drawn))
    faces = FaceSet.open(drawn)
    joint = Shared.of(faces, settings(gan={"pretrain": JOINT}), tmp_path / "joint")
    assert joint.virtual is not None
    assert "Fear" in joint.virtual.classes
    alone = {**JOINT, "how": "finetune"}
    tuned = Shared.of(faces, settings(gan={"pretrain": alone}), tmp_path / "tuned")
    assert tuned.nets is not None
    assert tuned.virtual is None
    assert not (tmp_path / "tuned" / start.FACES).exists()


def test_virtual_people_show_the_further_emotions(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[str]] = []

    def collect(chosen: Params, _: Path) -> None:
        shown.append(chosen.data.virtual.emotions)
        raise DataError("enough")

    monkeypatch.setattr(virtual_people.virtual, "collect", collect)
    for emotions in ([], ["Neutral", "Fear"]):
        chosen = settings(gan={"pretrain": {**JOINT, "emotions": emotions}})
        with pytest.raises(DataError, match="enough"):
            virtual_people.make(FaceSet.open(drawn), chosen, tmp_path / "new" / "faces")
    assert shown == [
        ["Happiness", "Neutral", "Surprise"],
        ["Happiness", "Neutral", "Surprise", "Fear"],
    ]


def test_stages_train_both_and_draw_yours(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretrain = {**JOINT, "emotions": ["Fear"]}
    monkeypatch.chdir(write_params(tmp_path, gan={"steps": 2, "pretrain": pretrain}))
    monkeypatch.setattr(virtual_people, "make", rendered(drawn))
    stage.main(drawn, tmp_path / "first")
    assert len(FaceSet.open(tmp_path / "first" / start.FACES)) == 144
    training.main(drawn, tmp_path / "first", tmp_path / "models/gan", tmp_path / "train")
    model = store.load(tmp_path / "models/gan", drawn)
    assert model.classes == FaceSet.open(drawn).classes
    assert model.drawable == [*model.classes, "Fear"]
    assert (tmp_path / "models/gan/domains.png").is_file()
    card = (tmp_path / "models/gan/README.md").read_text()
    assert "Labels 0 to 3 draw in the domain of the real faces, 4 more do so" in card
    assert "**Fear: no real face showed this.**" in card
    assert "labels 3 to 3" in card
    again.draw(again.Wanted("Fear", 3, 0), tmp_path / "fear", params.load())
    faces = FaceSet.open(tmp_path / "fear")
    assert faces.classes == ["Fear"]
    assert "**Fear: no real face showed this.**" in (tmp_path / "fear/README.md").read_text()
    again.draw(again.Wanted("Neutral", 3, 0), tmp_path / "neutral", params.load())
    assert "no real face" not in (tmp_path / "neutral/README.md").read_text()
