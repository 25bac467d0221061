"""Fine-tune a chat model on labeled conversations, answer the held-out ones, and register it in Unity Catalog.

It runs on a GPU node of Databricks' AI Runtime, not where Ontos runs: `train.py fit|answer|register PARAMETERS`, each
step a process of its own, so that the memory of one is free for the next. PARAMETERS is a JSON file (see trainer.py).
The node has set MLFLOW_RUN_ID; trl goes on with that run. Volumes are folders there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ADAPTER, MERGED = "adapter", "merged"
ANSWERS, RESULT = "answers.jsonl", "result.json"


def fit(options: dict[str, Any]) -> None:
    """Teach a LoRA adapter, then merge it into the model, as serving wants it."""
    import torch
    from datasets import load_dataset
    from peft import LoraConfig, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    out = Path(options["output"])
    trainer = SFTTrainer(
        model=options["base_model"],
        args=SFTConfig(
            output_dir=str(out / "checkpoints"),
            num_train_epochs=options["epochs"],
            learning_rate=options["learning_rate"],
            per_device_train_batch_size=options["batch_size"],
            gradient_accumulation_steps=options["accumulation"],
            max_length=options["max_length"],
            gradient_checkpointing=True,
            bf16=torch.cuda.is_available(),
            logging_steps=1,
            save_strategy="no",
            seed=options["seed"],
            report_to=options["report_to"],
        ),
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
    trainer.train()
    trainer.save_model(str(out / ADAPTER))
    del trainer
    kind = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    base = AutoModelForCausalLM.from_pretrained(options["base_model"], dtype=kind)
    PeftModel.from_pretrained(base, str(out / ADAPTER)).merge_and_unload().save_pretrained(str(out / MERGED))
    AutoTokenizer.from_pretrained(options["base_model"]).save_pretrained(str(out / MERGED))


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
    from importlib.metadata import version

    import mlflow

    model, tokenizer = _merged(options)
    mlflow.set_registry_uri(options["registry"])
    logged = mlflow.transformers.log_model(
        {"model": model, "tokenizer": tokenizer},
        name="model",
        task="llm/v1/chat",
        registered_model_name=options["registered_model"],
        # What mlflow would guess includes libraries for pictures, which are not here.
        pip_requirements=[f"{name}=={version(name)}" for name in ("torch", "transformers", "accelerate")],
    )
    result = {"model": options["registered_model"], "version": str(logged.registered_model_version)}
    (Path(options["output"]) / RESULT).write_text(json.dumps(result), encoding="utf-8")


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
    STEPS[step](json.loads(Path(parameters).read_text(encoding="utf-8")))
