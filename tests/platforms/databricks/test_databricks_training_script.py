"""The script that runs on the GPU node, on this machine's CPU with a tiny random model: it learns, answers, registers.

It needs the libraries of that node, which Ontos itself does not: where they are missing, it is skipped.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ontos_tui.platforms.databricks import fine_tuning
from ontos_tui.platforms.databricks.fine_tuning.trainer import HYPERPARAMETERS

for needed in ("torch", "transformers", "trl", "peft", "datasets", "mlflow"):
    pytest.importorskip(needed, reason="the libraries of a GPU node are not installed here")

SCRIPT = Path(fine_tuning.__file__).parent / "train.py"
TALK = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_model(folder: Path) -> None:
    """A chat model of a few thousand random numbers, whose tokens are bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<|pad|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )
    fast.chat_template = TALK
    fast.save_pretrained(folder)
    config = Qwen3Config(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=512,
        pad_token_id=vocabulary["<|pad|>"],
        eos_token_id=vocabulary["<|im_end|>"],
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)


def lines(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def prepare(tmp_path: Path, **more: Any) -> str:
    """The parameters for a tiny model, eight conversations and two questions; the address of a registry."""
    tiny_model(tmp_path / "base")
    requested = [[{"role": "system", "content": "Judge."}, {"role": "user", "content": f"Load {n}"}] for n in range(8)]
    answer = [{"role": "assistant", "content": '{"a": 1}'}]
    registry = f"sqlite:///{tmp_path}/mlflow.db"
    parameters = {
        **HYPERPARAMETERS,
        "epochs": 1,
        "accumulation": 2,
        "max_length": 256,
        "longest_answer": 8,
        "base_model": str(tmp_path / "base"),
        "train": lines(tmp_path / "train.jsonl", [{"prompt": one, "completion": answer} for one in requested]),
        "held_out": lines(tmp_path / "held.jsonl", [{"ref": f"r{n}", "prompt": requested[n]} for n in range(2)]),
        "output": str(tmp_path / "out"),
        "registered_model": "tiny",
        "registry": registry,
        "seed": 1,
        "serving": "transformers",
        "env_pack": "",
        "data": "digest",
        **more,
    }
    (tmp_path / "out").mkdir()
    (tmp_path / "hyperparameters.yaml").write_text(json.dumps(parameters), encoding="utf-8")
    return registry


def started(tmp_path: Path, registry: str, step: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), step, "hyperparameters.yaml"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MLFLOW_TRACKING_URI": registry},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(tmp_path: Path, registry: str, *steps: str) -> str:
    said = ""
    for step in steps:
        process = started(tmp_path, registry, step)
        output, _ = process.communicate()
        assert process.returncode == 0, f"{step}: {output[-2_000:]}"
        said += output
    return said


def test_the_script_learns_answers_and_registers(tmp_path: Path) -> None:
    registry = prepare(tmp_path)
    run(tmp_path, registry, "fit", "answer", "register")
    answers = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    assert [one["ref"] for one in answers] == ["r0", "r1"]
    assert json.loads((tmp_path / "out" / "result.json").read_text()) == {"model": "tiny", "version": "1"}
    assert list((tmp_path / "out" / "merged").glob("*.safetensors"))
    # What the progress of a run is told by.
    message = {key for (key,) in sqlite3.connect(tmp_path / "mlflow.db").execute("SELECT DISTINCT key FROM metrics")}
    assert {"epoch", "loss"} <= message
    # Again with the same data, nothing is done twice; it did not go on from anywhere.
    assert run(tmp_path, registry, "fit", "answer", "register").count("was complete before") == 3
    assert json.loads((tmp_path / "out" / "learned.json").read_text()) == {"steps": 4, "resumed_after": ""}


def test_a_run_that_was_cancelled_goes_on_after_its_last_whole_epoch(tmp_path: Path) -> None:
    registry = prepare(tmp_path, epochs=6)
    process = started(tmp_path, registry, "fit")
    kept = tmp_path / "out" / "checkpoints-digest"
    while process.poll() is None and not list(kept.glob("checkpoint-*[0-9]")):
        process_poll(process)
    process.kill()
    output, _ = process.communicate()
    assert process.returncode == -9, output[-2_000:]
    assert not (tmp_path / "out" / "merged").exists()
    (before,) = {one.name for one in kept.glob("checkpoint-*") if not one.name.endswith(".part")} or {""}
    run(tmp_path, registry, "fit")
    learned = json.loads((tmp_path / "out" / "learned.json").read_text())
    assert learned == {"steps": 24, "resumed_after": before}


def process_poll(process: subprocess.Popen[str]) -> None:
    """Give it a moment, or see that it ended."""
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        return


def test_a_model_that_brings_its_own_server_is_registered_with_it(tmp_path: Path) -> None:
    registry = prepare(tmp_path, serving="vllm", server_requirements=["mlflow"])
    run(tmp_path, registry, "fit", "register")
    import mlflow

    mlflow.set_tracking_uri(registry)
    described = mlflow.models.get_model_info("models:/tiny/1")
    assert described.metadata["task"] == "llm/v1/chat"
    assert "--model merged" in described.metadata["entrypoint"]
    assert "--port 8080" in described.metadata["entrypoint"]
    folder = Path(mlflow.artifacts.download_artifacts("models:/tiny/1"))
    assert list((folder / "artifacts" / "merged").glob("*.safetensors"))
