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


def fit(wanted: dict[str, Any]) -> None:
    """Teach a LoRA adapter, then merge it into the model, as serving wants it."""
    import torch
    from datasets import load_dataset
    from peft import LoraConfig, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    out = Path(wanted["output"])
    trainer = SFTTrainer(
        model=wanted["base_model"],
        args=SFTConfig(
            output_dir=str(out / "checkpoints"),
            num_train_epochs=wanted["epochs"],
            learning_rate=wanted["learning_rate"],
            per_device_train_batch_size=wanted["batch_size"],
            gradient_accumulation_steps=wanted["accumulation"],
            max_length=wanted["max_length"],
            gradient_checkpointing=True,
            bf16=torch.cuda.is_available(),
            logging_steps=1,
            save_strategy="no",
            seed=wanted["seed"],
            report_to=wanted["report_to"],
        ),
        # Lines of prompt and completion: only the completions are learned.
        train_dataset=load_dataset("json", data_files=wanted["train"], split="train"),
        peft_config=LoraConfig(
            r=wanted["lora_r"],
            lora_alpha=wanted["lora_alpha"],
            lora_dropout=wanted["lora_dropout"],
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    trainer.train()
    trainer.save_model(str(out / ADAPTER))
    del trainer
    kind = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    base = AutoModelForCausalLM.from_pretrained(wanted["base_model"], dtype=kind)
    PeftModel.from_pretrained(base, str(out / ADAPTER)).merge_and_unload().save_pretrained(str(out / MERGED))
    AutoTokenizer.from_pretrained(wanted["base_model"]).save_pretrained(str(out / MERGED))


def answer(wanted: dict[str, Any]) -> None:
    """Let the merged model answer the held-out conversations; what it says is scored where the labels are."""
    import torch

    model, tokenizer = _merged(wanted)
    out = Path(wanted["output"])
    with Path(wanted["held_out"]).open(encoding="utf-8") as asked, (out / ANSWERS).open("w", encoding="utf-8") as told:
        for line in asked:
            one = json.loads(line)
            given = tokenizer.apply_chat_template(
                one["prompt"], add_generation_prompt=True, return_tensors="pt", return_dict=True
            ).to(model.device)
            with torch.no_grad():
                said = model.generate(**given, max_new_tokens=wanted["longest_answer"], do_sample=False)
            text = tokenizer.decode(said[0][given["input_ids"].shape[1] :], skip_special_tokens=True)
            told.write(json.dumps({"ref": one["ref"], "text": text}) + "\n")


def register(wanted: dict[str, Any]) -> None:
    """Put the merged model into Unity Catalog, as a chat model that can be served, and say which version it became."""
    from importlib.metadata import version

    import mlflow

    model, tokenizer = _merged(wanted)
    mlflow.set_registry_uri(wanted["registry"])
    logged = mlflow.transformers.log_model(
        {"model": model, "tokenizer": tokenizer},
        name="model",
        task="llm/v1/chat",
        registered_model_name=wanted["registered_model"],
        # What mlflow would guess includes libraries for pictures, which are not here.
        pip_requirements=[f"{name}=={version(name)}" for name in ("torch", "transformers", "accelerate")],
    )
    result = {"model": wanted["registered_model"], "version": str(logged.registered_model_version)}
    (Path(wanted["output"]) / RESULT).write_text(json.dumps(result), encoding="utf-8")


def _merged(wanted: dict[str, Any]) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = str(Path(wanted["output"]) / MERGED)
    on_gpu = torch.cuda.is_available()
    model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.bfloat16 if on_gpu else torch.float32)
    return (model.cuda() if on_gpu else model).eval(), AutoTokenizer.from_pretrained(where)


STEPS = {"fit": fit, "answer": answer, "register": register}

if __name__ == "__main__":
    step, parameters = sys.argv[1:]
    STEPS[step](json.loads(Path(parameters).read_text(encoding="utf-8")))
