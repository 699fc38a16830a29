"""The shipped tokenizer: no text is lost, and a name is cut alike everywhere."""

from assl_utils.corpus.base_model import training_text


def test_every_text_survives_the_tokenizer_and_a_name_is_cut_alike_wherever_it_stands(tokenizer):
    texts = [*training_text.running_text(60, 11, 0.1), "罕见字：𠮷、龘。\n\t空白  与 English 12.5%"]
    for text in texts:
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    alone = tokenizer("泽屿动力", add_special_tokens=False)["input_ids"]
    for text in ("，泽屿动力。", "“泽屿动力”", " 泽屿动力\n", "2泽屿动力3"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert any(ids[i : i + len(alone)] == alone for i in range(len(ids))), text
