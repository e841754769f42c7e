"""A small run with everything that is taken away of it, for the tests of files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from latentdemo.export import Layout, RunSettings, sheets_of
from latentdemo.export.bundle import Bundle
from latentdemo.export.story import Card, Chart, Line, Section, Story, Table
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun, ChainSpec, run_chain

STEPS = (0, 1, 3)
CAPTIONS = {0: "ステップ 0", 3: "ステップ 3"}
SETTINGS = RunSettings(
    "own/tiny", "ab" * 32, "", ChainSpec(count=6, steps=STEPS[-1], seed=7), STEPS, Layout(2, tile=32), CAPTIONS
)
VERDICT = "このモデルには効果があります：基本チェーン 3 ステップで、品質ギャップの 59 % ± 2 % を解消します。"
LINE = Line("基本チェーン", "0072b2", "circle", False, ((0, 0), (3, 59.4), (50, -80)))
STORY = Story(
    language="ja",
    title="いまあるモデルから、より良いサンプルを",
    model="Fashion-MNIST · Denoising VAE",
    verdict=VERDICT,
    question=Section("問い", ("デコーダは画像を作ります。", "エンコーダは実データを別の場所に置きます。")),
    remedy=Section("対策", ("モデルは変えません。",)),
    evidence=Section("根拠", ("± の後は標準誤差の2倍です。",)),
    decision=Section("判断", ("チェーンなしの比較対象です。",)),
    before="事前分布からのサンプル",
    after="ステップ 3 · 基本チェーン",
    chart=Chart("ステップ数", "品質ギャップ解消率", (LINE,)),
    table=Table(
        ("サンプリング方法", "ステップ数", "品質ギャップ解消率", "網羅率", "ミリ秒／枚"),
        (("事前分布", "0", "0 %", "0.43 ± 0.01", "0.4"), ("基本チェーン", "3", "59 % ± 2 %", "0.56 ± 0.01", "2.0")),
        1,
    ),
    cards=(Card("推奨ステップ数", "3", "基本チェーン"), Card("網羅率", "0.56 ± 0.01", "事前分布 0.43")),
    method=Section("測定方法", ("双方 2000 枚ずつ、シード 0, 1, 2, 3, 4 で繰り返しました。" * 3,)),
    settings_title="画像の設定",
    settings=(("モデル", "own/tiny (abababababab)"), ("シード", "7")),
    repeat="次のコマンドで再現できます：python -m latentdemo rerun run.json --output FOLDER",
    link="http://127.0.0.1:8501/sampling?lang=ja&seed=7",
)


def run_of(model: GenerativeAutoencoder, settings: RunSettings = SETTINGS, **more: Any) -> ChainRun:
    """The chains of some settings."""
    return run_chain(model, settings.spec, record=STEPS, **more)


def bundle_of(run: ChainRun, settings: RunSettings = SETTINGS, story: Story = STORY) -> Bundle:
    """What is taken away of a run."""
    kept = replace(settings, spec=settings.spec.replaced(count=run.count))
    return Bundle(story, kept, run.latents, lambda: sheets_of(run.images, kept.layout), STEPS[-1], seconds=0.5)
