"""Fine-tune a chat model on labeled conversations, answer the held-out ones, and register it in Unity Catalog.

It runs on a GPU node of Databricks' AI Runtime, not where Ontos runs: `train.py fit|answer|register PARAMETERS`, each
step a process of its own, so that the memory of one is free for the next. PARAMETERS is a JSON file (see trainer.py).
The node has set MLFLOW_RUN_ID; trl goes on with that run. Volumes are folders there.

A run that was stopped goes on: a step that was complete with the same data is not done again, and learning begins
after the last epoch that was. A volume takes files whole and in order, so that checkpoints are written to the node's
disk and copied.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ADAPTER, MERGED, CHECKPOINTS = "adapter", "merged", "checkpoints"
ANSWERS, RESULT, LEARNED = "answers.jsonl", "result.json", "learned.json"
PORT = 8080
"""Where model serving expects the server of a model that brings its own."""


def fit(options: dict[str, Any]) -> None:
    """Teach a LoRA adapter, then merge it into the model, as serving wants it."""
    import torch
    from datasets import load_dataset
    from peft import LoraConfig, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTTrainer

    out, local = Path(options["output"]), Path(tempfile.mkdtemp(prefix="checkpoints-"))
    durable = out / f"{CHECKPOINTS}-{options['data'][:12]}"
    begun = _newest(durable)
    if begun is not None:
        shutil.copytree(begun, local / begun.name)

    class Copying(TrainerCallback):  # type: ignore[misc]
        """Each checkpoint is copied to where it outlives the node."""

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            _copy(local / f"checkpoint-{state.global_step}", durable)

    trainer = SFTTrainer(
        model=options["base_model"],
        callbacks=[Copying()],
        args=_config(options, local),
        # Lines of prompt and completion: only the completions are learned.
        train_dataset=load_dataset("json", data_files=options["train"], split="train"),
        peft_config=LoraConfig(
            r=options["lora_r"],
            lora_alpha=options["lora_alpha"],
            lora_dropout=options["lora_dropout"],
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    trainer.train(resume_from_checkpoint=str(local / begun.name) if begun is not None else None)
    steps = {"steps": trainer.state.global_step, "resumed_after": begun.name if begun is not None else ""}
    (out / LEARNED).write_text(json.dumps(steps), encoding="utf-8")
    trainer.save_model(str(out / ADAPTER))
    del trainer
    kind = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    base = AutoModelForCausalLM.from_pretrained(options["base_model"], dtype=kind)
    PeftModel.from_pretrained(base, str(out / ADAPTER)).merge_and_unload().save_pretrained(str(out / MERGED))
    AutoTokenizer.from_pretrained(options["base_model"]).save_pretrained(str(out / MERGED))


def _config(options: dict[str, Any], folder: Path) -> Any:
    """How it learns; checkpoints go to a folder of the node."""
    import torch
    from trl import SFTConfig

    return SFTConfig(
        output_dir=str(folder),
        num_train_epochs=options["epochs"],
        learning_rate=options["learning_rate"],
        per_device_train_batch_size=options["batch_size"],
        gradient_accumulation_steps=options["accumulation"],
        max_length=options["max_length"],
        gradient_checkpointing=True,
        bf16=torch.cuda.is_available(),
        logging_steps=1,
        save_strategy="epoch",
        save_total_limit=1,
        seed=options["seed"],
        report_to=options["report_to"],
    )


def _newest(folder: Path) -> Path | None:
    """The last checkpoint that was copied whole."""
    there = (one for one in folder.glob("checkpoint-*") if one.is_dir() and not one.name.endswith(".part"))
    return max(there, key=lambda one: int(one.name.rpartition("-")[2]), default=None)


def _copy(checkpoint: Path, folder: Path) -> None:
    """Copy a checkpoint beside the earlier one, which goes once the new one is there."""
    earlier = [one for one in folder.glob("checkpoint-*") if one.name != checkpoint.name]
    part = folder / f"{checkpoint.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(checkpoint, part)
    part.rename(folder / checkpoint.name)
    for one in earlier:
        shutil.rmtree(one, ignore_errors=True)


def answer(options: dict[str, Any]) -> None:
    """Let the merged model answer the held-out conversations; what it says is scored where the labels are."""
    import torch

    model, tokenizer = _merged(options)
    out = Path(options["output"])
    with (
        Path(options["held_out"]).open(encoding="utf-8") as questions,
        (out / ANSWERS).open("w", encoding="utf-8") as answers,
    ):
        for line in questions:
            one = json.loads(line)
            given = tokenizer.apply_chat_template(
                one["prompt"], add_generation_prompt=True, return_tensors="pt", return_dict=True
            ).to(model.device)
            with torch.no_grad():
                said = model.generate(**given, max_new_tokens=options["longest_answer"], do_sample=False)
            text = tokenizer.decode(said[0][given["input_ids"].shape[1] :], skip_special_tokens=True)
            answers.write(json.dumps({"ref": one["ref"], "text": text}) + "\n")


def register(options: dict[str, Any]) -> None:
    """Put the merged model into Unity Catalog, as a chat model that can be served, and say which version it became."""
    import mlflow

    mlflow.set_registry_uri(options["registry"])
    known = _by_vllm(options) if options["serving"] == "vllm" else _as_transformers(options)
    result = {"model": options["registered_model"], "version": known}
    (Path(options["output"]) / RESULT).write_text(json.dumps(result), encoding="utf-8")


def _as_transformers(options: dict[str, Any]) -> str:
    """A model of transformers, which provisioned throughput takes where the workspace offers it."""
    from importlib.metadata import version

    import mlflow

    model, tokenizer = _merged(options)
    logged = mlflow.transformers.log_model(
        {"model": model, "tokenizer": tokenizer},
        name="model",
        task="llm/v1/chat",
        registered_model_name=options["registered_model"],
        # What mlflow would guess includes libraries for pictures, which are not here.
        pip_requirements=[f"{name}=={version(name)}" for name in ("torch", "transformers", "accelerate")],
    )
    return str(logged.registered_model_version)


def _by_vllm(options: dict[str, Any]) -> str:
    """A model that brings its own server, vLLM, as Databricks documents it for models tuned on AI Runtime.

    https://docs.databricks.com/aws/en/machine-learning/model-serving/serve-custom-llms
    """
    import mlflow
    from mlflow.pyfunc.model import ChatModel
    from mlflow.types.llm import ChatCompletionResponse

    class Served(ChatModel):  # type: ignore[misc]
        """Stands for the server, which answers itself."""

        def predict(self, context: Any, messages: Any, params: Any) -> Any:
            return ChatCompletionResponse.from_dict({"choices": []})

    entrypoint = (
        f"python -u -m vllm.entrypoints.openai.api_server --model {MERGED} --served-model-name model "
        f"--host 0.0.0.0 --port {PORT} --dtype bfloat16 --max-model-len {options['max_length']} "
        "--gpu-memory-utilization 0.85"
    )
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=Served(),
        artifacts={"model_dir": str(Path(options["output"]) / MERGED)},
        metadata={"task": "llm/v1/chat", "entrypoint": entrypoint},
        pip_requirements=list(options["server_requirements"]),
    )
    packed = {"env_pack": options["env_pack"]} if options["env_pack"] else {}
    return str(mlflow.register_model(logged.model_uri, options["registered_model"], **packed).version)


def _merged(options: dict[str, Any]) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = str(Path(options["output"]) / MERGED)
    on_gpu = torch.cuda.is_available()
    model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.bfloat16 if on_gpu else torch.float32)
    return (model.cuda() if on_gpu else model).eval(), AutoTokenizer.from_pretrained(where)


STEPS = {"fit": fit, "answer": answer, "register": register}

if __name__ == "__main__":
    step, parameters = sys.argv[1:]
    chosen = json.loads(Path(parameters).read_text(encoding="utf-8"))
    complete = Path(chosen["output"]) / f"{step}.done"
    if complete.exists() and complete.read_text(encoding="utf-8") == chosen["data"]:
        print(f"{step} was complete before")
    else:
        STEPS[step](chosen)
        complete.write_text(chosen["data"], encoding="utf-8")
