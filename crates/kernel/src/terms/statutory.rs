//! Every term the house knows, one function each, with the article it rests on.
